//! Forms of several parts, as a platform reads them.

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub name: String,
    /// The name of a file, where it is one.
    pub file: Option<String>,
    pub bytes: Vec<u8>,
}

/// The parts of a form; none where it is not one.
pub fn read(kind: &str, body: &[u8]) -> Option<Vec<Piece>> {
    let boundary = kind.strip_prefix("multipart/form-data; boundary=")?;
    let begins = format!("--{boundary}\r\n");
    let ends = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(begins.as_bytes())?;
    let mut pieces = Vec::new();
    loop {
        let head = find(rest, b"\r\n\r\n")?;
        let about = std::str::from_utf8(&rest[..head]).ok()?;
        let value = |key: &str| {
            let from = about.split(key).nth(1)?;
            from.split('"').next().map(str::to_owned)
        };
        rest = &rest[head + 4..];
        let end = find(rest, ends.as_bytes())?;
        let (name, file) = (value("; name=\"")?, value("filename=\""));
        pieces.push(Piece { name, file, bytes: rest[..end].to_vec() });
        rest = &rest[end + ends.len()..];
        match rest.get(..2)? {
            b"--" => return Some(pieces),
            _ => rest = &rest[2..],
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
