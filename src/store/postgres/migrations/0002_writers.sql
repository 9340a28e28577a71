-- One row for each connection that commits: the number of its last commit. Whoever lost the connection
-- within a commit sees here whether it was made.
CREATE TABLE IF NOT EXISTS writers (
    id uuid NOT NULL,
    last bigint NOT NULL,
    seen timestamptz NOT NULL,
    PRIMARY KEY (id)
) WITH (fillfactor = 50);
