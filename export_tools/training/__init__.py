"""Trains a network and writes its package."""
