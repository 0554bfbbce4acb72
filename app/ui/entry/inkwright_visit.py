"""What Streamlit runs anew for every visit and every click."""

from inkwright.app.ui.studio import draw_studio

draw_studio()
