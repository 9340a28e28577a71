//! Every statement that is prepared on each connection, in one place.
//!
//! Only what PostgreSQL, `CockroachDB` and `YugabyteDB` all take: each one finds its rows by the first
//! columns of a primary key, and types are named where an engine could guess otherwise.

/// One statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Sql {
    /// A record by its key.
    Get,
    /// Records of one kind by their IDs.
    GetEach,
    /// Lines of an index, from the first.
    Forward,
    /// The same, where nothing sorts behind the prefix.
    ForwardOpen,
    /// Lines of an index, from the last.
    Backward,
    /// The same, where nothing sorts behind the prefix.
    BackwardOpen,
    /// Records of a kind.
    List,
    /// The same, where nothing sorts behind the prefix.
    ListOpen,
    /// One count.
    Tally,
    /// Counts by the beginning of their names.
    Tallies,
    /// The same, where nothing sorts behind the prefix.
    TalliesOpen,
    /// Notes which commit of this writer it is.
    Mark,
    /// Locks what may be written, in one order for everybody, and reads the versions.
    Lock,
    /// Keeps what is only checked from being written, and reads the versions.
    Share,
    /// A version that was never given.
    Version,
    /// Removes records.
    Remove,
    /// Replaces records.
    Replace,
    /// Adds records; an error when one is there.
    Insert,
    /// Removes lines.
    RemovePlaces,
    /// Adds lines.
    InsertPlaces,
    /// Adds to counts.
    Add,
    /// Removes counts that are 0.
    RemoveZero,
    /// Which commit of a writer was the last that was made; waits for one that is under way.
    Made,
    /// Adds a writer.
    Register,
    /// Removes a writer.
    Unregister,
}

impl Sql {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 25] = [
        Self::Get,
        Self::GetEach,
        Self::Forward,
        Self::ForwardOpen,
        Self::Backward,
        Self::BackwardOpen,
        Self::List,
        Self::ListOpen,
        Self::Tally,
        Self::Tallies,
        Self::TalliesOpen,
        Self::Mark,
        Self::Lock,
        Self::Share,
        Self::Version,
        Self::Remove,
        Self::Replace,
        Self::Insert,
        Self::RemovePlaces,
        Self::InsertPlaces,
        Self::Add,
        Self::RemoveZero,
        Self::Made,
        Self::Register,
        Self::Unregister,
    ];

    /// How it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Get => "SELECT version, value FROM records WHERE kind = $1 AND id = $2",
            Self::GetEach => {
                "SELECT version, value, id FROM records WHERE kind = $1 AND id = ANY ($2::bytea[])"
            }
            Self::Forward => {
                "SELECT place, kind, id FROM places WHERE idx = $1 AND place >= $2 AND place < $3
                 ORDER BY idx, place, kind, id LIMIT $4::bigint"
            }
            Self::ForwardOpen => {
                "SELECT place, kind, id FROM places WHERE idx = $1 AND place >= $2
                 ORDER BY idx, place, kind, id LIMIT $3::bigint"
            }
            Self::Backward => {
                "SELECT place, kind, id FROM places WHERE idx = $1 AND place >= $2 AND place < $3
                 ORDER BY idx DESC, place DESC, kind DESC, id DESC LIMIT $4::bigint"
            }
            Self::BackwardOpen => {
                "SELECT place, kind, id FROM places WHERE idx = $1 AND place >= $2
                 ORDER BY idx DESC, place DESC, kind DESC, id DESC LIMIT $3::bigint"
            }
            Self::List => {
                "SELECT id, version, value FROM records WHERE kind = $1 AND id >= $2 AND id < $3
                 ORDER BY kind, id LIMIT $4::bigint"
            }
            Self::ListOpen => {
                "SELECT id, version, value FROM records WHERE kind = $1 AND id >= $2
                 ORDER BY kind, id LIMIT $3::bigint"
            }
            Self::Tally => "SELECT sum FROM counts WHERE name = $1",
            Self::Tallies => {
                "SELECT name, sum FROM counts WHERE name >= $1 AND name < $2 AND sum <> 0
                 ORDER BY name"
            }
            Self::TalliesOpen => {
                "SELECT name, sum FROM counts WHERE name >= $1 AND sum <> 0 ORDER BY name"
            }
            other => other.writing(),
        }
    }

    const fn writing(self) -> &'static str {
        match self {
            Self::Mark => "UPDATE writers SET last = $2, seen = now() WHERE id = $1",
            Self::Lock => {
                "SELECT r.kind, r.id, r.version
                 FROM unnest($1::smallint[], $2::bytea[]) AS k (kind, id)
                 JOIN records AS r ON r.kind = k.kind AND r.id = k.id
                 ORDER BY r.kind, r.id FOR UPDATE OF r"
            }
            Self::Share => {
                "SELECT r.kind, r.id, r.version
                 FROM unnest($1::smallint[], $2::bytea[]) AS k (kind, id)
                 JOIN records AS r ON r.kind = k.kind AND r.id = k.id
                 ORDER BY r.kind, r.id FOR SHARE OF r"
            }
            Self::Version => "SELECT nextval('versions')",
            Self::Remove => {
                "DELETE FROM records WHERE (kind, id) IN
                 (SELECT kind, id FROM unnest($1::smallint[], $2::bytea[]) AS k (kind, id))"
            }
            Self::Replace => {
                "UPDATE records AS r SET version = $1::bigint, value = k.value
                 FROM unnest($2::smallint[], $3::bytea[], $4::bytea[]) AS k (kind, id, value)
                 WHERE r.kind = k.kind AND r.id = k.id"
            }
            Self::Insert => {
                "INSERT INTO records (kind, id, version, value)
                 SELECT kind, id, $1::bigint, value
                 FROM unnest($2::smallint[], $3::bytea[], $4::bytea[]) AS k (kind, id, value)
                 ORDER BY kind, id"
            }
            Self::RemovePlaces => {
                "DELETE FROM places WHERE (idx, place, kind, id) IN
                 (SELECT idx, place, kind, id
                  FROM unnest($1::smallint[], $2::bytea[], $3::smallint[], $4::bytea[])
                  AS k (idx, place, kind, id))"
            }
            Self::InsertPlaces => {
                "INSERT INTO places (idx, place, kind, id)
                 SELECT idx, place, kind, id
                 FROM unnest($1::smallint[], $2::bytea[], $3::smallint[], $4::bytea[])
                 AS k (idx, place, kind, id)
                 ORDER BY idx, place, kind, id
                 ON CONFLICT (idx, place, kind, id) DO NOTHING"
            }
            Self::Add => {
                "INSERT INTO counts (name, sum)
                 SELECT name, sum FROM unnest($1::bytea[], $2::bigint[]) AS k (name, sum)
                 ORDER BY name
                 ON CONFLICT (name) DO UPDATE SET sum = greatest(least(
                     counts.sum::numeric + excluded.sum::numeric,
                     9223372036854775807::numeric), -9223372036854775808::numeric)::bigint"
            }
            Self::RemoveZero => "DELETE FROM counts WHERE name = ANY ($1::bytea[]) AND sum = 0",
            Self::Made => "SELECT last FROM writers WHERE id = $1 FOR UPDATE",
            Self::Register => {
                "INSERT INTO writers (id, last, seen) VALUES ($1, 0, now())
                 ON CONFLICT (id) DO NOTHING"
            }
            Self::Unregister => "DELETE FROM writers WHERE id = $1",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_stands_at_its_number_and_says_something() {
        for (number, sql) in Sql::ALL.into_iter().enumerate() {
            assert_eq!(sql as usize, number);
            assert!(!sql.text().is_empty(), "{sql:?}");
        }
    }
}
