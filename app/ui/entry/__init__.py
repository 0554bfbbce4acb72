"""What Streamlit is given: the server, and the script that it runs for every visit.

Streamlit puts this folder, and so nothing else, on the import path.
"""
