"""The writing studio in the browser: one module for each page, and no rules of its own."""
