//! Bytes as hexadecimal digits, and back.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes as small hexadecimal digits, two each.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let pair =
        |byte: &u8| [byte >> 4, byte & 0xf].map(|half| char::from(DIGITS[usize::from(half)]));
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(pair));
    text
}

/// Bytes out of hexadecimal digits, small or capital; none where there is anything else, or half a byte.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{hex, unhex};

    #[test]
    fn bytes_come_back_out_of_their_digits_and_nothing_else_is_read() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&all)), Some(all));
        assert_eq!(hex(&[0x0a, 0xff]), "0aff");
        assert_eq!(unhex("0AfF"), Some(vec![0x0a, 0xff]));
        for odd in ["0", "+f", "0g", "é", "0 "] {
            assert_eq!(unhex(odd), None, "{odd}");
        }
    }
}
