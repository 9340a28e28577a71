-- Records by key, places that lead to them, counts. Bytes sort as they do everywhere: one by one.
CREATE TABLE IF NOT EXISTS records (
    kind smallint NOT NULL,
    id bytea NOT NULL,
    version bigint NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (kind, id)
) WITH (fillfactor = 90);

CREATE TABLE IF NOT EXISTS places (
    idx smallint NOT NULL,
    place bytea NOT NULL,
    kind smallint NOT NULL,
    id bytea NOT NULL,
    PRIMARY KEY (idx, place, kind, id)
);

CREATE TABLE IF NOT EXISTS counts (
    name bytea NOT NULL,
    sum bigint NOT NULL,
    PRIMARY KEY (name)
) WITH (fillfactor = 50);

CREATE SEQUENCE IF NOT EXISTS versions;
