"""Starts Streamlit without the ``.streamlit`` of the current folder.

That folder may be a stranger's, and its file could let another web site into the studio, or load
parts of its pages from one. The user's own ``~/.streamlit`` counts.
"""

from streamlit import file_util
from streamlit.web.cli import main

if __name__ == "__main__":
    file_util.get_project_streamlit_file_path = file_util.get_streamlit_file_path
    main(prog_name="streamlit")
