"""What goes in and what comes out, one module for each noun."""
