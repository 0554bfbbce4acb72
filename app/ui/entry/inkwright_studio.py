"""The server of the studio: it answers only to the names of this machine."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

app = st.App(
    Path(__file__).with_name("inkwright_visit.py"),
    middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])],
)
