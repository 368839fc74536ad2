"""Leaflets by mail: checked, capped, written down before they are sent, sent at most once."""
