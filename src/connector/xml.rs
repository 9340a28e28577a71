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

/// The fields of a message, by name. What lies deeper is left out.
///
/// # Errors
/// When it is not of that form.
pub fn fields(xml: &str) -> Result<BTreeMap<String, String>, XmlFault> {
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
    found: BTreeMap<String, String>,
    depth: usize,
    field: Option<(String, String)>,
    roots: usize,
}

impl Reading {
    fn opens(&mut self, name: &str) -> Result<(), XmlFault> {
        match self.depth {
            0 if self.roots > 0 => return Err(XmlFault::Form),
            0 => self.roots += 1,
            1 => self.field = Some((name.to_owned(), String::new())),
            _ => {}
        }
        self.depth += 1;
        Ok(())
    }

    fn closes(&mut self) -> Result<(), XmlFault> {
        self.depth = self.depth.checked_sub(1).ok_or(XmlFault::Form)?;
        if self.depth == 1
            && let Some((name, text)) = self.field.take()
            && self.found.insert(name, text).is_some()
        {
            return Err(XmlFault::Twice);
        }
        Ok(())
    }

    fn says(&mut self, words: &str) -> Result<(), XmlFault> {
        match (self.depth, &mut self.field) {
            (0, _) if !words.trim().is_empty() => return Err(XmlFault::Form),
            (2, Some((_, text))) => text.push_str(words),
            _ => {}
        }
        Ok(())
    }

    fn done(self) -> Result<BTreeMap<String, String>, XmlFault> {
        if self.depth == 0 && self.roots == 1 { Ok(self.found) } else { Err(XmlFault::Form) }
    }
}

#[cfg(test)]
mod tests {
    use super::{XmlFault, fields};

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
}
