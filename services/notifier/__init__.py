"""Answers on LINE and leaflets by mail."""
