"""What a work is and what is kept of it. No model and no network calls happen here."""
