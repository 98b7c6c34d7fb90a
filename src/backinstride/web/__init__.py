"""The app: plain pages served on this machine only. Every form works without JavaScript."""
