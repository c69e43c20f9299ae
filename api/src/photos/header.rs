//! The heads of photos, read before a decoder sees them: a file of a few bytes may say that it has
//! as many pixels as no machine has memory for.

use std::io::{BufRead, Read, Seek, SeekFrom};

use xinwu_domain::case::{PhotoType, is_decoded};

use super::PhotoFault;

/// What a photo says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub kind: PhotoType,
    /// In pixels, as it lies in the file.
    pub width: u32,
    pub height: u32,
}

impl Header {
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Reads the header of a photo that is to be decoded, and rewinds the file.
pub(super) fn read(file: &mut (impl BufRead + Seek)) -> Result<Header, PhotoFault> {
    let mut begin = Vec::new();
    file.by_ref().take(8).read_to_end(&mut begin)?;
    let kind = PhotoType::of(&begin).ok_or(PhotoFault::OtherType)?;
    let (width, height) = match kind {
        PhotoType::Jpeg => jpeg(file)?,
        PhotoType::Png => png(file)?,
    };
    if width == 0 || height == 0 {
        return Err(PhotoFault::Bad);
    }
    if !is_decoded(width, height) {
        return Err(PhotoFault::TooManyPixels { width, height });
    }
    file.rewind()?;
    Ok(Header { kind, width, height })
}

/// The first chunk is IHDR, of 13 bytes (PNG, 11.2.1).
fn png(file: &mut impl Read) -> Result<(u32, u32), PhotoFault> {
    let mut chunk = [0; 16];
    file.read_exact(&mut chunk)?;
    let [0, 0, 0, 13, b'I', b'H', b'D', b'R', w0, w1, w2, w3, h0, h1, h2, h3] = chunk else {
        return Err(PhotoFault::Bad);
    };
    Ok((u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3])))
}

/// The size in the header of the frame (ITU-T T.81, B.2.2). A file without an end of image was cut
/// off: the decoder would fill what is missing with grey.
fn jpeg(file: &mut (impl BufRead + Seek)) -> Result<(u32, u32), PhotoFault> {
    file.seek(SeekFrom::Start(2))?;
    let mut size = None;
    loop {
        match marker(file)? {
            END_OF_IMAGE => return size.ok_or(PhotoFault::Bad),
            TEMPORARY | 0xd0..=0xd7 => {}
            0xc4 | 0xc8 | 0xcc => skip(file)?,
            0xc0..=0xcf => {
                let mut frame = [0; 7];
                file.read_exact(&mut frame)?;
                let [l0, l1, _precision, h0, h1, w0, w1] = frame;
                let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
                if size.replace((width.into(), height.into())).is_some() {
                    return Err(PhotoFault::Bad);
                }
                let rest = u16::from_be_bytes([l0, l1]).checked_sub(7).ok_or(PhotoFault::Bad)?;
                file.seek_relative(rest.into())?;
            }
            START_OF_SCAN if size.is_none() => return Err(PhotoFault::Bad),
            _ => skip(file)?,
        }
    }
}

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
/// Like the marks between the parts of a scan it has nothing behind it.
const TEMPORARY: u8 = 0x01;

/// The next marker. What lies before it are the coded pixels of a scan, in which FF is followed by
/// 00.
fn marker(file: &mut impl BufRead) -> Result<u8, PhotoFault> {
    loop {
        file.skip_until(0xff)?;
        let mut code = [0xff];
        while code == [0xff] {
            file.read_exact(&mut code)?;
        }
        let [code] = code;
        if code != 0 {
            return Ok(code);
        }
    }
}

/// Skips a segment: its length counts its own two bytes.
fn skip(file: &mut (impl Read + Seek)) -> Result<(), PhotoFault> {
    let mut length = [0; 2];
    file.read_exact(&mut length)?;
    let rest = u16::from_be_bytes(length).checked_sub(2).ok_or(PhotoFault::Bad)?;
    Ok(file.seek_relative(rest.into())?)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0]);
        // A scan with a byte that is no marker, one between its parts, and the end.
        bytes.extend([0xff, 0xda, 0, 3, 1, 7, 0xff, 0, 7, 0xff, 0xd0, 7, 0xff, 0xff, 0xd9]);
        bytes
    }

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    fn read_of(bytes: &[u8]) -> Result<Header, PhotoFault> {
        read(&mut Cursor::new(bytes))
    }

    #[test]
    fn a_size_is_read_from_the_head_alone() {
        let header = |kind, width, height| Header { kind, width, height };
        assert_eq!(read_of(&jpeg_of(640, 480)).unwrap(), header(PhotoType::Jpeg, 640, 480));
        assert_eq!(read_of(&png_of(640, 480)).unwrap(), header(PhotoType::Png, 640, 480));
    }

    #[test]
    fn a_bomb_is_told_by_its_head() {
        for bomb in [jpeg_of(65_535, 65_535), png_of(0x7fff_ffff, 0x7fff_ffff)] {
            assert!(matches!(read_of(&bomb), Err(PhotoFault::TooManyPixels { .. })));
        }
    }

    #[test]
    fn what_is_cut_off_or_has_no_size_is_damaged() {
        let whole = jpeg_of(640, 480);
        for length in 3..whole.len() {
            assert!(matches!(read_of(&whole[..length]), Err(PhotoFault::Bad)), "{length}");
        }
        let whole = png_of(640, 480);
        for length in 8..whole.len() {
            assert!(matches!(read_of(&whole[..length]), Err(PhotoFault::Bad)), "{length}");
        }
        for other in [jpeg_of(0, 480), png_of(640, 0), b"\xff\xd8\xff\xd9".to_vec()] {
            assert!(matches!(read_of(&other), Err(PhotoFault::Bad)));
        }
    }

    #[test]
    fn anything_else_is_no_photo() {
        for other in [b"".as_slice(), b"GIF89a\x01\0\x01\0", b"<svg xmlns=\"\"/>", b"RIFF\0\0\0\0WEBP"] {
            assert!(matches!(read_of(other), Err(PhotoFault::OtherType)));
        }
    }
}
