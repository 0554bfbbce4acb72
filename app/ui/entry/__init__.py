"""The script that Streamlit runs; it puts this folder, and so nothing else, on the import path."""
