"""The sandbox: stand-ins of LINE and Gemini over HTTP, and a phone page to chat with the bot."""
