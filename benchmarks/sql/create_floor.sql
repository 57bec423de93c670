-- Create the table of the floor.
CREATE TABLE floor.orders ({columns}{key})
