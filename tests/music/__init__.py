"""Tests of performer.music."""
