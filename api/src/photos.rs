//! Photos of cases: looked at before any is decoded, turned upright, and written anew, so that
//! nothing of the camera's data stays; then put into a folder under the hash of their bytes.

mod folder;
mod header;
mod reencode;
mod sweep;

use std::fs::File;
use std::io::{BufReader, Seek, Write};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use xinwu_domain::case::{MOST_PIXELS, PhotoType};
use xinwu_domain::text::Text;
use xinwu_store::StoreError;

use crate::extract::payload_problem;
use crate::problem::Problem;

pub use folder::Folder;
pub(crate) use reencode::Reencoded;
pub use sweep::sweep;

/// The largest body, in MiB.
pub(crate) const LARGEST_MEBIBYTES: u64 = (xinwu_domain::case::LARGEST_PHOTO >> 20) as u64;

/// Photos that are sent or wait to be decoded at once; each is a file without a name until then.
const PLACES: usize = 32;
/// Photos that are decoded at once; one of more than [`LARGE`] pixels alone.
const DECODED: u32 = 2;
const LARGE: u64 = MOST_PIXELS / 2;

/// Where photos lie, each by the SHA-256 of its bytes in hexadecimal. It blocks.
pub trait PhotoStore: Send + Sync {
    /// Puts one there, or there again: it is on the disk then, and was put at `now`.
    ///
    /// # Errors
    /// Of the disk.
    fn put(&self, sha256: &str, bytes: &[u8], now: DateTime<Utc>) -> std::io::Result<()>;

    /// The bytes of one; `None` where it is not there.
    ///
    /// # Errors
    /// Of the disk.
    fn get(&self, sha256: &str) -> std::io::Result<Option<Vec<u8>>>;

    /// How many bytes one has; `None` where it is not there.
    ///
    /// # Errors
    /// Of the disk.
    fn length(&self, sha256: &str) -> std::io::Result<Option<u64>>;

    /// Those whose hash begins with this byte, and that were put before an instant.
    ///
    /// # Errors
    /// Of the disk.
    fn list(&self, first: u8, before: DateTime<Utc>) -> std::io::Result<Vec<String>>;

    /// Removes one, unless it was put again since `before`: whoever put it is about to name it.
    ///
    /// # Errors
    /// Of the disk.
    fn remove(&self, sha256: &str, before: DateTime<Utc>) -> std::io::Result<()>;
}

/// Why what was sent is no photo that is kept.
#[derive(Debug)]
pub(crate) enum PhotoFault {
    /// It is no JPEG or PNG, or not the one that it is said to be.
    OtherType,
    /// It cannot be decoded, or ends before its end.
    Bad,
    /// It has more pixels than are decoded.
    TooManyPixels { width: u32, height: u32 },
    /// What was sent could not be read back.
    Disk(std::io::Error),
}

impl From<std::io::Error> for PhotoFault {
    fn from(error: std::io::Error) -> PhotoFault {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => PhotoFault::Bad,
            _ => PhotoFault::Disk(error),
        }
    }
}

impl From<PhotoFault> for Problem {
    fn from(fault: PhotoFault) -> Problem {
        match fault {
            PhotoFault::OtherType => Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                Text::new(
                    "照片须为 JPEG 或 PNG，且与 Content-Type 一致",
                    "A photo must be a JPEG or a PNG, and what the Content-Type says",
                ),
            ),
            PhotoFault::Bad => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "bad_photo",
                Text::new(
                    "照片无法读取，文件已损坏或不完整",
                    "The photo cannot be read: it is damaged, or its end is missing",
                ),
            ),
            PhotoFault::TooManyPixels { width, height } => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_pixels",
                Text::new(
                    format!("照片为{width}×{height}像素，超过{}万像素", MOST_PIXELS / 10_000),
                    format!("{width} × {height} are more than {} megapixels", MOST_PIXELS / 1_000_000),
                ),
            ),
            PhotoFault::Disk(error) => disk(error),
        }
    }
}

/// The photos of a running service.
pub(crate) struct Photos {
    store: Arc<dyn PhotoStore>,
    places: Semaphore,
    decoding: Semaphore,
}

impl Photos {
    pub(crate) fn new(store: impl PhotoStore + 'static) -> Photos {
        Photos {
            store: Arc::new(store),
            places: Semaphore::new(PLACES),
            decoding: Semaphore::new(DECODED as usize),
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn PhotoStore> {
        Arc::clone(&self.store)
    }

    /// Reads a photo from a body, and writes it anew; `said` is what it is said to be. It lies on
    /// the disk until its header has been looked at, and only then takes memory.
    ///
    /// # Errors
    /// 413, 408 and 415 of the body, 422 of what is no photo, 503 where too many are sent at once.
    pub(crate) async fn receive(
        &self,
        body: web::Payload,
        said: Option<PhotoType>,
    ) -> Result<Reencoded, Problem> {
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| StoreError::Busy("too many photos are being sent"))?;
        let file = spool(body).await?;
        let (file, header) = blocking(move || {
            let mut file = BufReader::new(file);
            let header = header::read(&mut file)?;
            if said.is_some_and(|said| said != header.kind) {
                return Err(PhotoFault::OtherType);
            }
            Ok((file, header))
        })
        .await?;
        let takes = if header.pixels() > LARGE { DECODED } else { 1 };
        let _turn = self.decoding.acquire_many(takes).await.map_err(Problem::internal)?;
        blocking(move || reencode::reencode(file, header)).await
    }

    /// Puts a photo into the store.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) async fn put(&self, photo: &Reencoded, now: DateTime<Utc>) -> Result<(), Problem> {
        let (store, sha256, bytes) = (self.store(), photo.sha256.clone(), photo.bytes.clone());
        let put = web::block(move || store.put(&sha256, &bytes, now));
        put.await.map_err(Problem::internal)?.map_err(disk)
    }

    /// The bytes of a photo.
    ///
    /// # Errors
    /// Where it is not there, or of the disk.
    pub(crate) async fn get(&self, sha256: String) -> Result<Vec<u8>, Problem> {
        let store = self.store();
        let got = web::block(move || store.get(&sha256).map(|bytes| (sha256, bytes)));
        let (sha256, bytes) = got.await.map_err(Problem::internal)?.map_err(disk)?;
        bytes.ok_or_else(|| Problem::internal(format!("the file of the photo {sha256} is missing")))
    }
}

/// What a photo makes panic is a damaged photo.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PhotoFault> + Send + 'static,
) -> Result<T, Problem> {
    Ok(web::block(work).await.map_err(|_| PhotoFault::Bad)??)
}

/// Puts the body into a file that has no name and is gone when it is closed.
async fn spool(mut body: web::Payload) -> Result<File, Problem> {
    let mut file = tempfile::tempfile().map_err(disk)?;
    while let Some(part) = body.next().await {
        file.write_all(&part.map_err(|error| payload_problem(&error))?).map_err(disk)?;
    }
    file.rewind().map_err(disk)?;
    Ok(file)
}

fn disk(error: std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return StoreError::Full.into();
    }
    Problem::internal(error)
}
