"""`lake-assets alerts`, and the round of alerts other commands run; what is told is not worked out here."""
