"""The whole system as a user runs it, against stand-ins of LINE and Gemini of the tests' own."""
