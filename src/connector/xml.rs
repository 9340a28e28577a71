//! The flat XML in which WeChat writes: one element with a field in each element below it.
//!
//! **Invariant:** no document type is read and no entity but the five of XML itself: nothing that a caller wrote
//! makes us read more than it sent.

use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// Why a text is not such XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// It is no XML, or it ends too soon.
    #[error("not well-formed XML")]
    Form,
    /// It holds a document type, an instruction or an entity of its own.
    #[error("XML with a document type, an instruction or an entity")]
    Active,
    /// Two fields have one name.
    #[error("XML with a field that stands there twice")]
    Twice,
}

/// The deepest that anything may lie: more than any platform writes.
const DEEPEST: usize = 16;

/// The fields of a message, by name. What lies deeper is left out.
///
/// # Errors
/// When it is not of that form.
pub fn fields(xml: &str) -> Result<BTreeMap<String, String>, XmlFault> {
    let mut found = BTreeMap::new();
    for (path, text) in read(xml)? {
        if !path.contains('/') && found.insert(path, text).is_some() {
            return Err(XmlFault::Twice);
        }
    }
    Ok(found)
}

/// Everything in a message, however deep, in the order in which it ends; each with the names from the outermost
/// field to itself, joined by `/`. Of several of one name each stands there.
///
/// # Errors
/// When it is no such XML, or nested deeper than 16.
pub fn read(xml: &str) -> Result<Vec<(String, String)>, XmlFault> {
    let mut reader = Reader::from_str(xml);
    let mut reading = Reading::default();
    loop {
        match reader.read_event().map_err(|_| XmlFault::Form)? {
            Event::Start(tag) => {
                let name = tag.name();
                let name = std::str::from_utf8(name.as_ref()).map_err(|_| XmlFault::Form)?;
                reading.opens(name)?;
            }
            Event::End(_) => reading.closes()?,
            Event::Empty(tag) => {
                let name = tag.name();
                let name = std::str::from_utf8(name.as_ref()).map_err(|_| XmlFault::Form)?;
                reading.opens(name)?;
                reading.closes()?;
            }
            Event::Text(text) => reading.says(&text.decode().map_err(|_| XmlFault::Form)?)?,
            Event::CData(text) => reading.says(&text.decode().map_err(|_| XmlFault::Form)?)?,
            Event::GeneralRef(name) => {
                let letter = name.resolve_char_ref().map_err(|_| XmlFault::Form)?;
                let known = match (letter, &*name.decode().map_err(|_| XmlFault::Form)?) {
                    (Some(letter), _) => letter,
                    (_, "lt") => '<',
                    (_, "gt") => '>',
                    (_, "amp") => '&',
                    (_, "quot") => '"',
                    (_, "apos") => '\'',
                    _ => return Err(XmlFault::Active),
                };
                reading.says(known.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) | Event::PI(_) => return Err(XmlFault::Active),
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => return reading.done(),
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    found: Vec<(String, String)>,
    /// What is open within the root, by its path, with the text that stands in it directly.
    open: Vec<(String, String)>,
    root: Root,
}

/// How far the one root was read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Root {
    #[default]
    Awaited,
    Open,
    Closed,
}

impl Reading {
    fn opens(&mut self, name: &str) -> Result<(), XmlFault> {
        match self.root {
            Root::Awaited => self.root = Root::Open,
            Root::Open if self.open.len() < DEEPEST => {
                let path = match self.open.last() {
                    Some((outer, _)) => format!("{outer}/{name}"),
                    None => name.to_owned(),
                };
                self.open.push((path, String::new()));
            }
            Root::Open | Root::Closed => return Err(XmlFault::Form),
        }
        Ok(())
    }

    fn closes(&mut self) -> Result<(), XmlFault> {
        match (self.open.pop(), self.root) {
            (Some(field), _) => self.found.push(field),
            (None, Root::Open) => self.root = Root::Closed,
            (None, _) => return Err(XmlFault::Form),
        }
        Ok(())
    }

    fn says(&mut self, words: &str) -> Result<(), XmlFault> {
        match (self.open.last_mut(), self.root) {
            (Some((_, text)), _) => text.push_str(words),
            (None, Root::Open) => {}
            (None, _) if words.trim().is_empty() => {}
            (None, _) => return Err(XmlFault::Form),
        }
        Ok(())
    }

    fn done(self) -> Result<Vec<(String, String)>, XmlFault> {
        if self.root == Root::Closed { Ok(self.found) } else { Err(XmlFault::Form) }
    }
}

#[cfg(test)]
mod tests {
    use super::{XmlFault, fields, read};

    #[test]
    fn fields_are_read_from_cdata_from_text_and_from_pieces_of_both() {
        let xml = "<xml><A><![CDATA[1 < 2 & ]]]]><![CDATA[>3]]></A><B>&lt;b&#62;&amp;</B><C/>\
                   <D><E>deep</E></D>\n<F> x </F></xml>";
        let found = fields(xml).expect("reads");
        let read: Vec<_> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let right = [("A", "1 < 2 & ]]>3"), ("B", "<b>&"), ("C", ""), ("D", ""), ("F", " x ")];
        assert_eq!(read, right);
    }

    #[test]
    fn document_types_entities_and_broken_texts_are_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><xml><A>&a;</A></xml>";
        assert_eq!(fields(bomb), Err(XmlFault::Active));
        assert_eq!(fields("<xml><A>&a;</A></xml>"), Err(XmlFault::Active));
        assert_eq!(fields("<xml><A>1</A><A>2</A></xml>"), Err(XmlFault::Twice));
        for broken in ["", "x", "<xml>", "<xml></xml><xml></xml>", "<xml><A></xml>", "</xml>"] {
            assert_eq!(fields(broken), Err(XmlFault::Form), "{broken}");
        }
    }

    #[test]
    fn what_lies_deeper_is_read_by_its_path_and_never_without_end() {
        let xml = "<xml><A><B>1</B><C><B>2</B></C><B>3</B></A></xml>";
        let found = read(xml).expect("reads");
        let read_as: Vec<_> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let right = [("A/B", "1"), ("A/C/B", "2"), ("A/C", ""), ("A/B", "3"), ("A", "")];
        assert_eq!(read_as, right);
        let deep = format!("<xml>{}{}</xml>", "<a>".repeat(10_000), "</a>".repeat(10_000));
        assert_eq!(read(&deep), Err(XmlFault::Form));
    }
}
