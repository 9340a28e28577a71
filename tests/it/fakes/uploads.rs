//! What platforms were given to be named later: files, each under a name, for as long as the name lives.

use super::telegram::form;
use std::collections::HashMap;

/// Something that was given.
#[derive(Clone, Debug)]
pub struct File {
    /// As the platform sorts it.
    pub kind: String,
    pub name: String,
    pub bytes: Vec<u8>,
    until: i64,
}

impl File {
    pub fn new(kind: &str, name: &str, bytes: Vec<u8>) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), bytes, until: 0 }
    }

    /// As a reader sees it.
    pub fn shown(&self) -> String {
        let size = self.bytes.len();
        if self.is_picture() {
            format!("🖼 {size} 字节")
        } else {
            format!("📎 {} {size} 字节", self.name)
        }
    }

    /// Whether the bytes are a picture's.
    pub fn is_picture(&self) -> bool {
        self.bytes.starts_with(&[0xFF, 0xD8]) || self.bytes.starts_with(b"\x89PNG")
    }
}

/// All that was given.
#[derive(Default)]
pub struct Uploads {
    files: HashMap<String, File>,
    taken: usize,
}

impl Uploads {
    /// Keeps it under a new name, which lives until then.
    pub fn keep(&mut self, mut file: File, until: i64) -> String {
        self.taken += 1;
        let name = format!("@lADPBbCc1Yk{:06x}", self.taken * 0x9e37);
        file.until = until;
        self.files.insert(name.clone(), file);
        name
    }

    pub fn named(&self, name: &str, now: i64) -> Option<&File> {
        self.files.get(name).filter(|file| now < file.until)
    }

    /// How often something was taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// The names of this kind end before their time.
    pub fn forget_of(&mut self, kind: &str) {
        self.files.retain(|_, file| file.kind != kind);
    }

    /// Every name ends before its time.
    pub fn forget(&mut self) {
        self.files.clear();
    }
}

/// The file in a form that has one part of this name, besides these fields of text.
pub fn read(
    kind: &str,
    body: &[u8],
    part: &str,
) -> Result<(File, HashMap<String, String>), String> {
    let pieces = form::read(kind, body).ok_or("no form")?;
    let (mut file, mut fields) = (None, HashMap::new());
    for piece in pieces {
        match piece.file {
            Some(name) if piece.name == part && file.is_none() => {
                file = Some(File { kind: String::new(), name, bytes: piece.bytes, until: 0 });
            }
            Some(_) => return Err(format!("a file as {}", piece.name)),
            None => {
                let text = String::from_utf8(piece.bytes).map_err(|e| e.to_string())?;
                fields.insert(piece.name, text);
            }
        }
    }
    Ok((file.ok_or_else(|| format!("no file as {part}"))?, fields))
}
