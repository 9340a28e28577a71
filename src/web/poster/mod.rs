//! A poster of a post: title, what it says in short, and a code that leads to its page.
//!
//! **Invariant:** it takes memory only while it is made, a few at most at a time, and never more than
//! [`HEIGHT_MOST`] pixels of height do; nothing of it is kept.

mod canvas;
mod letters;
mod lines;

pub(super) use letters::Shown;

use canvas::{Canvas, Colour, Ink, Weight};
use letters::Letters;
use std::path::Path;

/// What stands on a poster.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// What the office calls itself.
    pub office: String,
    /// What people call the group.
    pub group: String,
    /// The title of the post.
    pub title: String,
    /// Its topic and its day.
    pub under: String,
    /// What it says, as far as there is room.
    pub body: String,
    /// What is done with the code, line by line.
    pub scan: Vec<String>,
    /// Where the code leads.
    pub url: String,
}

const WIDTH: u16 = 1080;
/// No poster is higher.
const HEIGHT_MOST: u32 = 2_000;
const MARGIN: u16 = 84;
/// What is between the margins.
const WITHIN: u16 = WIDTH - 2 * MARGIN;
const HEAD: u16 = 168;
const CODE: u16 = 300;
const TITLE_LINES: usize = 4;
const BODY_LINES: usize = 12;

const PAPER: Colour = [255, 255, 255];
const INK: Colour = [31, 38, 36];
const SOFT: Colour = [104, 116, 112];
const LINE: Colour = [222, 226, 222];
const JADE: Colour = [11, 107, 98];
const PALE: Colour = [214, 235, 230];

/// Why there is no poster.
#[derive(Debug, thiserror::Error)]
pub(super) enum PosterError {
    /// There is no font at all.
    #[error("no font can be read")]
    NoFont,
    /// The address is too long for a code.
    #[error("no code can be made: {0}")]
    Code(#[from] qrcode::types::QrError),
    /// The picture cannot be written.
    #[error("no picture can be written: {0}")]
    Picture(#[from] png::EncodingError),
}

/// What of these words cannot be shown.
pub(super) fn unshown(words: &Words, font: Option<&Path>) -> Shown {
    let Some(letters) = Letters::load(font) else { return Shown::default() };
    letters.shown(&format!("{}\n{}\n{}", words.title, words.group, words.body))
}

/// The poster, as a PNG.
///
/// # Errors
/// When there is no font, or the address is far too long.
pub(super) fn poster(words: &Words, font: Option<&Path>) -> Result<Vec<u8>, PosterError> {
    let letters = Letters::load(font).ok_or(PosterError::NoFont)?;
    let code = qrcode::QrCode::with_error_correction_level(&words.url, qrcode::EcLevel::M)?;
    Sheet::lay(&letters, words).paint(&letters, words, &code).png().map_err(Into::into)
}

/// What stands where.
struct Sheet {
    title: Vec<String>,
    body: Vec<String>,
    foot: u32,
    height: u32,
}

const TITLE: Ink = Ink { size: 66.0, colour: INK, weight: Weight::Bold };
const UNDER: Ink = Ink { size: 34.0, colour: SOFT, weight: Weight::Plain };
const BODY: Ink = Ink { size: 40.0, colour: INK, weight: Weight::Plain };
const TITLE_STEP: u16 = 92;
const BODY_STEP: u16 = 66;

impl Sheet {
    fn lay(letters: &Letters, words: &Words) -> Self {
        let title = set(letters, &words.title, TITLE.size, (WITHIN, TITLE_LINES));
        let body = set(letters, &words.body, BODY.size, (WITHIN, BODY_LINES));
        let (titles, bodies) = (height(&title, TITLE_STEP), height(&body, BODY_STEP));
        let foot = u32::from(HEAD) + 100 + titles + 70 + bodies + 40;
        let height = (foot + u32::from(CODE) + 2 * 64).min(HEIGHT_MOST);
        Self { title, body, foot, height }
    }

    fn paint(&self, letters: &Letters, words: &Words, code: &qrcode::QrCode) -> Canvas {
        let mut canvas = Canvas::new(u32::from(WIDTH), self.height, PAPER);
        canvas.fill((0, 0), (u32::from(WIDTH), u32::from(HEAD)), JADE);
        let left = f32::from(MARGIN);
        let office = Ink { size: 46.0, colour: PAPER, weight: Weight::Bold };
        canvas.write(letters, &one(letters, &words.office, 46.0, WITHIN), (left, 82.0), office);
        let group = Ink { size: 32.0, colour: PALE, weight: Weight::Plain };
        canvas.write(letters, &one(letters, &words.group, 32.0, WITHIN), (left, 134.0), group);
        let mut base = f32::from(HEAD) + 104.0;
        for line in &self.title {
            canvas.write(letters, line, (left, base), TITLE);
            base += f32::from(TITLE_STEP);
        }
        base -= 22.0;
        canvas.write(letters, &one(letters, &words.under, UNDER.size, WITHIN), (left, base), UNDER);
        base += 90.0;
        for line in &self.body {
            canvas.write(letters, line, (left, base), BODY);
            base += f32::from(BODY_STEP);
        }
        canvas.fill((u32::from(MARGIN), self.foot), (u32::from(WITHIN), 2), LINE);
        self.code(&mut canvas, code);
        self.beside(&mut canvas, letters, words);
        canvas
    }

    /// The code, with the white around it that readers need.
    fn code(&self, canvas: &mut Canvas, code: &qrcode::QrCode) {
        let modules = u32::try_from(code.width()).unwrap_or(1).max(1);
        let size = (u32::from(CODE) / modules).max(2);
        let (left, top) = (u32::from(MARGIN), self.foot + 64);
        for (at, colour) in (0u32..).zip(code.to_colors()) {
            if colour == qrcode::Color::Dark {
                let place = (left + at % modules * size, top + at / modules * size);
                canvas.fill(place, (size, size), INK);
            }
        }
    }

    fn beside(&self, canvas: &mut Canvas, letters: &Letters, words: &Words) {
        let width = WITHIN - CODE - 48;
        let left = f32::from(WIDTH - MARGIN - width);
        let mut base = f32::from(u16::try_from(self.foot).unwrap_or(u16::MAX)) + 64.0 + 92.0;
        for (number, line) in words.scan.iter().enumerate() {
            let weight = if number == 0 { Weight::Bold } else { Weight::Plain };
            let ink = Ink { size: 44.0, colour: JADE, weight };
            canvas.write(letters, &one(letters, line, 44.0, width), (left, base), ink);
            base += 70.0;
        }
        let address = words.url.split_once("://").map_or(words.url.as_str(), |(_, rest)| rest);
        let host = address.split('/').next().unwrap_or_default();
        let ink = Ink { size: 28.0, colour: SOFT, weight: Weight::Plain };
        canvas.write(letters, &one(letters, host, 28.0, width), (left, base + 6.0), ink);
    }
}

/// How high these lines are.
fn height(lines: &[String], step: u16) -> u32 {
    u32::try_from(lines.len()).unwrap_or(0) * u32::from(step)
}

/// The first lines of a text, as far as the font can show it, where it is so wide at most.
fn set(letters: &Letters, text: &str, size: f32, (width, most): (u16, usize)) -> Vec<String> {
    let width = f32::from(width);
    let wide = |text: &str| letters.wide(text, size);
    let all = lines::lines(&letters.shown(text).text, width, &wide);
    lines::first(all, most, width, &wide)
}

/// The first of them.
fn one(letters: &Letters, text: &str, size: f32, width: u16) -> String {
    set(letters, text, size, (width, 1)).pop().unwrap_or_default()
}
