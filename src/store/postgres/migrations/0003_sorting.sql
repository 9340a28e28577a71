-- Suggestions have clocks and a sorting behind all that they had; those of before have neither, each one byte.
-- The number of the format is written in the same transaction, so that nothing is added twice.
UPDATE records SET value = value || decode('0000', 'hex') WHERE kind = 16;
