"""Jobs for operators."""
