-- Give every element of an array a row of its own, and take the values that the catalog names out of it.
SELECT opened.*, item.place - 1 AS {index}, {taken}
FROM {parents}
CROSS JOIN LATERAL jsonb_array_elements({array}) WITH ORDINALITY AS item ({element}, place)
OFFSET 0
