//! The step to the format in which what is written together lies together; see `tree.rs`.

use super::OpenError;
use super::tree::{FAMILIES, Tree};

/// How many keys are packed by one batch.
const PAGE: usize = 80;

/// From format 3 to 4. Deliveries and what is due are packed.
pub fn fourth(db: &::sled::Db) -> Result<(), OpenError> {
    for family in FAMILIES {
        loop {
            let mut page = Vec::with_capacity(PAGE);
            for pair in db.scan_prefix(family).take(PAGE) {
                let (raw, value) = pair.map_err(OpenError::engine)?;
                page.push((raw.to_vec(), Some(value.to_vec())));
            }
            if page.is_empty() {
                break;
            }
            let mut batch = ::sled::Batch::default();
            for (raw, _) in &page {
                batch.remove(raw.as_slice());
            }
            Tree(db).write(page, &mut batch)?;
            db.apply_batch(batch).map_err(OpenError::engine)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::{Settings, guard};

    #[test]
    fn what_format_3_had_alone_is_packed_by_format_4() {
        let dir = tempfile::tempdir().expect("a directory");
        let db = guard::open_sled(dir.path(), &Settings::default()).expect("opens");
        let raw = |family: [u8; 2], n: u32| [&family[..], &n.to_be_bytes()].concat();
        for family in FAMILIES {
            for n in 0..300 {
                db.insert(raw(family, n), vec![7; 120]).expect("writes");
            }
        }
        db.insert(b"\x01\xFFelse", b"1").expect("writes");
        // Killed in the middle, as it were: a part is packed already.
        let mut batch = ::sled::Batch::default();
        batch.remove(raw(FAMILIES[0], 5));
        let packed = vec![(raw(FAMILIES[0], 5), Some(vec![7; 120]))];
        Tree(&db).write(packed, &mut batch).expect("is added");
        db.apply_batch(batch).expect("writes");
        fourth(&db).expect("steps");
        fourth(&db).expect("steps");
        for family in FAMILIES {
            assert_eq!(db.scan_prefix(family).count(), 0);
            let values = Tree(&db).prefixed(family.to_vec()).map(|p| p.expect("reads"));
            let read: Vec<_> = values.map(|(raw, value)| (raw, value.to_vec())).collect();
            let wanted: Vec<_> = (0..300).map(|n| (raw(family, n), vec![7; 120])).collect();
            assert_eq!(read, wanted);
        }
        assert!(db.contains_key(b"\x01\xFFelse").expect("reads"));
        assert_eq!(Tree(&db).unsound().expect("reads"), Vec::<String>::new());
    }
}
