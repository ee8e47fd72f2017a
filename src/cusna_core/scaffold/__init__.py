"""What does a new plugin begin with? A folder that installs, is listed, and whose kit is red."""
