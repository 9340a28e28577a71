//! A picture in memory: pixels, and how they become a PNG.

use super::letters::Letters;

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// A picture that is being made.
pub(super) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// How a line of text looks.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    /// Pixels an em.
    pub size: f32,
    pub colour: Colour,
    pub weight: Weight,
}

/// How heavy letters are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Plain,
    /// Drawn once more a little beside: the font has one weight.
    Bold,
}

impl Canvas {
    /// A picture of one colour.
    pub fn new(width: u32, height: u32, colour: Colour) -> Self {
        let count = width as usize * height as usize;
        Self { width, height, pixels: colour.repeat(count) }
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, (x, y): (u32, u32), (width, height): (u32, u32), colour: Colour) {
        for row in y..(y + height).min(self.height) {
            for column in x..(x + width).min(self.width) {
                self.put(column, row, colour, 1.0);
            }
        }
    }

    /// Writes a line whose letters stand on `base`.
    pub fn write(&mut self, letters: &Letters, text: &str, (x, base): (f32, f32), ink: Ink) {
        let beside = ink.size / 40.0;
        let passes: &[f32] = match ink.weight {
            Weight::Plain => &[0.0],
            Weight::Bold => &[0.0, 0.5, 1.0],
        };
        for pass in passes {
            letters.draw(text, ink.size, (x + pass * beside, base), &mut |x, y, covered| {
                if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) {
                    self.put(x, y, ink.colour, covered);
                }
            });
        }
    }

    fn put(&mut self, x: u32, y: u32, colour: Colour, covered: f32) {
        if x >= self.width || y >= self.height {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        let covered = covered.clamp(0.0, 1.0);
        for (pixel, colour) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            let mixed = f32::from(*pixel).mul_add(1.0 - covered, f32::from(colour) * covered);
            *pixel = byte(mixed);
        }
    }

    /// The picture as a PNG.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mixture of two bytes is one"
)]
const fn byte(mixed: f32) -> u8 {
    mixed as u8
}
