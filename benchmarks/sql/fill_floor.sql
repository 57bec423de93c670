-- Cast what was staged.
INSERT INTO floor.orders
SELECT {values}
FROM {source}
