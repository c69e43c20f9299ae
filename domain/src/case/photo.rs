//! Photos of a case: what may be sent, and what is shown of one.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::PartyRole;
use crate::refusal::Refusal;
use crate::text::Text;

/// The largest file that is taken, in bytes: 8 MB.
pub const LARGEST_PHOTO: usize = 8 * 1024 * 1024;
/// The most pixels that are decoded: 40 megapixels.
pub const MOST_PIXELS: u64 = 40_000_000;
/// The longest side of a photo as it is stored, in pixels; a larger one is made smaller.
pub const LARGEST_SIDE: u32 = 2560;
/// The most photos of one case.
pub const MOST_PHOTOS_A_CASE: i64 = 10;
/// The most photos that one account sends within 24 hours, unless a setting says otherwise.
pub const MOST_PHOTOS_A_DAY: u32 = 30;
/// The most photos that one account sends within a minute, unless a setting says otherwise.
pub const MOST_PHOTOS_A_MINUTE: u32 = 6;

/// What a photo is: its media type.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
pub enum PhotoType {
    /// `image/jpeg`
    #[serde(rename = "image/jpeg")]
    #[strum(serialize = "image/jpeg")]
    Jpeg,
    /// `image/png`
    #[serde(rename = "image/png")]
    #[strum(serialize = "image/png")]
    Png,
}

impl PhotoType {
    /// What a file begins as; `None` for anything that is neither.
    pub fn of(bytes: &[u8]) -> Option<PhotoType> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(PhotoType::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(PhotoType::Png)
        } else {
            None
        }
    }
}

/// A photo of a case, for those who handle it. Nothing of the camera's data is in it, and it stands
/// upright.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "href": "/v1/cases/0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c/photos/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "media_type": "image/jpeg", "width": 1920, "height": 1440, "bytes": 412345, "by": "resident", "at": "2026-11-21T02:00:00Z"
}))]
pub struct PhotoView {
    /// The SHA-256 of its bytes as they are stored, in hexadecimal.
    pub sha256: String,
    /// Where it is read.
    pub href: String,
    /// `image/jpeg` or `image/png`.
    pub media_type: PhotoType,
    /// Its width in pixels.
    pub width: i32,
    /// Its height in pixels.
    pub height: i32,
    /// Its length in bytes.
    pub bytes: i32,
    /// In which role it was sent: by whom, of residents, nobody is told.
    pub by: PartyRole,
    /// When it was sent.
    pub at: DateTime<Utc>,
}

/// A case that has so many photos may have one more.
///
/// # Errors
/// 409 `too_many_photos`
pub fn check_photo_count(photos: i64) -> Result<(), Refusal> {
    if photos < MOST_PHOTOS_A_CASE {
        return Ok(());
    }
    let text = Text::new(
        format!("一个事项最多{MOST_PHOTOS_A_CASE}张照片"),
        format!("A case has at most {MOST_PHOTOS_A_CASE} photos"),
    );
    Err(Refusal::conflict("too_many_photos", text))
}

/// Whether a photo of so many pixels is decoded.
pub fn is_decoded(width: u32, height: u32) -> bool {
    u64::from(width) * u64::from(height) <= MOST_PIXELS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_told_by_its_first_bytes() {
        assert_eq!(PhotoType::of(&[0xff, 0xd8, 0xff, 0xe0]), Some(PhotoType::Jpeg));
        assert_eq!(PhotoType::of(b"\x89PNG\r\n\x1a\n\0"), Some(PhotoType::Png));
        for other in [b"<svg xmlns".as_slice(), b"GIF89a", b"RIFF....WEBP", b"\xff\xd8", b""] {
            assert_eq!(PhotoType::of(other), None);
        }
        assert_eq!(PhotoType::Jpeg.to_string(), "image/jpeg");
    }

    #[test]
    fn forty_megapixels_are_the_most() {
        assert!(is_decoded(8_000, 5_000));
        assert!(!is_decoded(8_000, 5_001));
        assert!(!is_decoded(u32::MAX, u32::MAX));
    }

    #[test]
    fn a_case_has_ten_photos() {
        assert!(check_photo_count(9).is_ok());
        assert_eq!(check_photo_count(10).unwrap_err().in_short().0, "too_many_photos");
    }
}
