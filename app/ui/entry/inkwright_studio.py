"""What `inkwright ui` hands to Streamlit, which runs it anew for every visit and every click."""

from inkwright.app.ui.studio import show

show()
