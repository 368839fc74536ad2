"""The sandbox: stand-ins of LINE, Gemini, the Taigi service and a mail server, and a phone page."""
