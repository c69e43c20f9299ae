//! Photos written anew: of what was sent only the pixels are left, upright.

use std::io::{BufRead, Seek};

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};
use xinwu_domain::case::{LARGEST_PHOTO, LARGEST_SIDE, PhotoType};

use super::PhotoFault;
use super::header::Header;

/// In per cent.
const QUALITY: u8 = 85;
/// What a decoder may take beside the pixels, in bytes: of rows, tables and chunks.
const MOST_BESIDE: u64 = 64 << 20;

/// A photo as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reencoded {
    pub kind: PhotoType,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Decodes a photo whose header was read, and writes it anew as what it was; as a JPEG what would
/// be larger than a photo may be.
pub(super) fn reencode(file: impl BufRead + Seek, header: Header) -> Result<Reencoded, PhotoFault> {
    let image = decode(file, header).map_err(bad)?;
    let mut bytes = Vec::new();
    let written = match header.kind {
        PhotoType::Jpeg => image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)),
        PhotoType::Png => image.write_with_encoder(PngEncoder::new(&mut bytes)),
    };
    written.map_err(bad)?;
    let mut kind = header.kind;
    // Noise makes a PNG larger than what was sent: as a JPEG it is small.
    if bytes.len() > LARGEST_PHOTO {
        bytes.clear();
        let image = opaque(image.clone());
        image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)).map_err(bad)?;
        kind = PhotoType::Jpeg;
    }
    let (width, height) = (image.width(), image.height());
    let sha256 = crate::secrets::sha256_hex(&bytes);
    Ok(Reencoded { kind, width, height, bytes, sha256 })
}

/// What a decoder says of a photo is no fault of the service.
fn bad(error: ImageError) -> PhotoFault {
    tracing::debug!(%error, "a photo could not be decoded");
    PhotoFault::Bad
}

fn decode(file: impl BufRead + Seek, header: Header) -> ImageResult<DynamicImage> {
    match header.kind {
        PhotoType::Jpeg => upright(JpegDecoder::new(file)?, header).map(opaque),
        PhotoType::Png => upright(PngDecoder::with_limits(file, limits(header))?, header),
    }
}

/// No more than the header said.
fn limits(header: Header) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(header.width);
    limits.max_image_height = Some(header.height);
    limits.max_alloc = Some(MOST_BESIDE);
    limits
}

/// The pixels as a person sees them, no larger than they are stored and of eight bits each.
fn upright(mut decoder: impl ImageDecoder, header: Header) -> ImageResult<DynamicImage> {
    decoder.set_limits(limits(header))?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    // Made smaller first: turning takes as much memory again.
    if image.width().max(image.height()) > LARGEST_SIDE {
        image = image.thumbnail(LARGEST_SIDE, LARGEST_SIDE);
    }
    image.apply_orientation(orientation);
    Ok(match image.color() {
        ColorType::L16 => image.into_luma8().into(),
        ColorType::La16 => image.into_luma_alpha8().into(),
        ColorType::Rgb16 => image.into_rgb8().into(),
        ColorType::Rgba16 => image.into_rgba8().into(),
        _ => image,
    })
}

/// A JPEG has no alpha.
fn opaque(image: DynamicImage) -> DynamicImage {
    match image.color() {
        ColorType::L8 | ColorType::Rgb8 => image,
        ColorType::La8 => image.into_luma8().into(),
        _ => image.into_rgb8().into(),
    }
}
