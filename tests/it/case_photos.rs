//! Photos of cases: what is taken, what is left of it, who sees it, and how long it stays.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use chrono::Duration;
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use xinwu_api::photos::{Folder, PhotoStore, sweep};
use xinwu_api::secrets::sha256_hex;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::operations::verify::{Progress, Report, check_photos};

use crate::harness::residents::Resident;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY};
use crate::harness::{Backend, Call, Reply, TestApp, someone};

const RED: Rgb<u8> = Rgb([200, 30, 30]);
const BLUE: Rgb<u8> = Rgb([30, 30, 200]);
/// What the camera says of itself and of where it was.
const CAMERA: &[u8] = b"SECRETCAM";

/// A resident's repair in an estate, which the firm that serves it has at once.
struct Repair {
    estate: String,
    resident: Resident,
    firm: String,
    id: String,
}

impl Repair {
    fn opened(app: &TestApp) -> Repair {
        let stage = app.stage();
        let resident = app.neighbour(&stage.estate);
        let id = open(app, &resident.token);
        Repair { estate: stage.estate, resident, firm: app.firm_account(&stage.uscc), id }
    }

    fn add(&self, app: &TestApp, kind: &str, photo: impl Into<Vec<u8>>) -> Call {
        app.post(&format!("/v1/me/cases/{}/photos", self.id)).token(&self.resident.token).body(kind, photo)
    }

    fn add_of(&self, app: &TestApp, token: &str, photo: impl Into<Vec<u8>>) -> Call {
        app.post(&format!("/v1/cases/{}/photos", self.id)).token(token).body("image/png", photo)
    }
}

/// A repair of one's own dwelling; gives its id.
pub fn open(app: &TestApp, token: &str) -> String {
    let own = app.get("/v1/me/residences").token(token).expect(200).json();
    let new = json!({
        "kind": "repair", "category": "leak", "residence": own["items"][0]["id"], "description": "厨房漏水",
        "despite_similar": true
    });
    let opened = app.post("/v1/me/cases").token(token).json(&new).expect(201).json();
    opened["id"].as_str().unwrap().to_owned()
}

/// A neighbour, who has the same problem.
fn join(app: &TestApp, repair: &Repair) -> Resident {
    let neighbour = app.neighbour(&repair.estate);
    let residence = app.get("/v1/me/residences").token(&neighbour.token).expect(200).json();
    let join = json!({"residence": residence["items"][0]["id"]});
    let path = format!("/v1/me/cases/{}/join", repair.id);
    app.post(&path).token(&neighbour.token).json(&join).expect(200);
    neighbour
}

/// The left half of one colour, the right half of another.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { RED } else { BLUE })
}

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    written(halves(width, height), ImageFormat::Jpeg)
}

/// A small one of its own for each number.
pub fn png(number: u8) -> Vec<u8> {
    written(GrayImage::from_pixel(4, 3, image::Luma([number])), ImageFormat::Png)
}

/// Exif of a camera that lay on its side: the picture is to be turned to the right. With a place.
fn exif() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
    let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
        tiff.extend(tag.to_le_bytes());
        tiff.extend(kind.to_le_bytes());
        tiff.extend(count.to_le_bytes());
        tiff.extend(value.to_le_bytes());
    };
    // Make, Orientation, GPSInfo; behind them the maker's name and the latitude's letter.
    entry(0x010f, 2, 10, 50);
    entry(0x0112, 3, 1, 6);
    entry(0x8825, 4, 1, 60);
    tiff.extend([0; 4]);
    tiff.extend(CAMERA);
    tiff.push(0);
    tiff.extend(b"\x01\0\x01\0\x02\0\x02\0\0\0N\0\0\0\0\0\0\0");
    tiff
}

/// A JPEG with what a camera adds.
fn of_a_camera(jpeg: &[u8]) -> Vec<u8> {
    let data = [b"Exif\0\0".as_slice(), &exif()].concat();
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &data, &jpeg[2..]].concat()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

/// The kinds of the chunks of a PNG.
fn chunks(png: &[u8]) -> Vec<String> {
    let mut rest = &png[8..];
    let mut kinds = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        kinds.push(String::from_utf8(rest[4..8].to_vec()).unwrap());
        rest = &rest[length + 12..];
    }
    kinds
}

/// A PNG of a few bytes that says it is as large as that.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let pixels = chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1]);
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &header), &pixels, &chunk(b"IEND", b"")].concat()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A photo of an answer, as it is read where that says.
fn read(app: &TestApp, token: &str, added: &Reply) -> Reply {
    app.get(added.json()["href"].as_str().unwrap()).token(token).expect(200)
}

fn pixels(reply: &Reply) -> RgbImage {
    image::load_from_memory(&reply.bytes).unwrap().into_rgb8()
}

fn is_like(one: Rgb<u8>, other: Rgb<u8>) -> bool {
    one.0.iter().zip(other.0).all(|(one, other)| one.abs_diff(other) < 16)
}

/// The files of photos that lie in the folder, by their names.
fn files(app: &TestApp) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let folders = std::fs::read_dir(app.state.config().photo_dir()).into_iter().flatten();
    for folder in folders {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            names.insert(file.unwrap().file_name().into_string().unwrap());
        }
    }
    names
}

fn swept(app: &TestApp) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sweep(&app.state)).unwrap()
}

#[both]
fn a_photo_comes_back_upright_and_says_nothing_of_its_camera(app: TestApp) {
    let repair = Repair::opened(&app);
    let sent = of_a_camera(&jpeg(64, 32));
    assert!(has(&sent, CAMERA) && has(&sent, b"Exif"));
    let added = repair.add(&app, "image/jpeg", sent).expect(201);
    let view = added.json();
    assert_eq!(view["media_type"], "image/jpeg");
    assert_eq!((&view["width"], &view["height"]), (&json!(32), &json!(64)));
    assert_eq!(view["by"], "resident");
    assert_eq!(added.header("location"), view["href"].as_str().unwrap());
    assert_eq!(
        view["href"],
        format!("/v1/me/cases/{}/photos/{}", repair.id, view["sha256"].as_str().unwrap())
    );

    let photo = read(&app, &repair.resident.token, &added);
    assert_eq!(sha256_hex(&photo.bytes), view["sha256"].as_str().unwrap());
    assert_eq!(photo.bytes.len(), usize::try_from(view["bytes"].as_u64().unwrap()).unwrap());
    for part in [CAMERA, b"Exif", b"GPS", b"II*\0", b"http"] {
        assert!(!has(&photo.bytes, part), "{part:?}");
    }
    // What was on the left is on top.
    let upright = pixels(&photo);
    assert_eq!(upright.dimensions(), (32, 64));
    assert!(is_like(*upright.get_pixel(16, 8), RED), "{:?}", upright.get_pixel(16, 8));
    assert!(is_like(*upright.get_pixel(16, 56), BLUE), "{:?}", upright.get_pixel(16, 56));

    assert_eq!(photo.header("content-type"), "image/jpeg");
    assert_eq!(photo.header("content-disposition"), "inline");
    assert_eq!(photo.header("x-content-type-options"), "nosniff");
    assert_eq!(photo.header("cache-control"), "no-store");
    assert_eq!(photo.header("content-encoding"), "");
    // Its tag is the one that it got when it was made.
    assert_eq!(photo.etag(), added.etag());
    let again = app.get(view["href"].as_str().unwrap()).token(&repair.resident.token);
    again.header("If-None-Match", photo.etag()).expect(304);
}

#[both]
fn of_a_png_only_the_pixels_stay(app: TestApp) {
    let repair = Repair::opened(&app);
    let plain = written(halves(20, 10), ImageFormat::Png);
    let extra =
        [chunk(b"tEXt", &[b"Comment\0".as_slice(), CAMERA].concat()), chunk(b"eXIf", &exif())].concat();
    let sent = [&plain[..33], &extra, &plain[33..]].concat();
    assert_eq!(chunks(&sent), ["IHDR", "tEXt", "eXIf", "IDAT", "IEND"]);
    let added = repair.add(&app, "image/png", sent).expect(201);
    assert_eq!(added.json()["media_type"], "image/png");
    let photo = read(&app, &repair.resident.token, &added);
    assert_eq!(photo.header("content-type"), "image/png");
    assert_eq!(chunks(&photo.bytes), ["IHDR", "IDAT", "IEND"]);
    // The orientation of a PNG holds too, and not a pixel is another.
    let expected = image::imageops::rotate90(&halves(20, 10));
    assert_eq!(pixels(&photo), expected);
}

#[both]
fn a_large_photo_is_made_smaller_and_one_of_sixteen_bits_is_one_of_eight(app: TestApp) {
    let repair = Repair::opened(&app);
    let added = repair.add(&app, "image/jpeg", jpeg(2_600, 130)).expect(201).json();
    assert_eq!((&added["width"], &added["height"]), (&json!(2_560), &json!(128)));
    let deep = written(DynamicImage::ImageRgb8(halves(20, 10)).into_rgb16(), ImageFormat::Png);
    // As bytes it is what its first ones say.
    let added = repair.add(&app, "application/octet-stream", deep).expect(201);
    assert_eq!(pixels(&read(&app, &repair.resident.token, &added)), halves(20, 10));
}

#[both]
fn what_is_no_photo_is_refused_and_leaves_nothing(app: TestApp) {
    let repair = Repair::opened(&app);
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let (whole_jpeg, whole_png) = (jpeg(64, 32), written(halves(64, 32), ImageFormat::Png));
    for (kind, body, status, code) in [
        ("image/svg+xml", svg.as_bytes().to_vec(), 415, "unsupported_media_type"),
        ("image/png", svg.as_bytes().to_vec(), 415, "unsupported_media_type"),
        ("application/octet-stream", svg.as_bytes().to_vec(), 415, "unsupported_media_type"),
        ("image/gif", gif.to_vec(), 415, "unsupported_media_type"),
        ("image/jpeg", gif.to_vec(), 415, "unsupported_media_type"),
        ("application/json", b"{}".to_vec(), 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", whole_jpeg.clone(), 415, "unsupported_media_type"),
        ("image/jpeg", Vec::new(), 415, "unsupported_media_type"),
        // It is another photo than it is said to be.
        ("image/jpeg", whole_png.clone(), 415, "unsupported_media_type"),
        ("image/png", whole_jpeg.clone(), 415, "unsupported_media_type"),
        ("image/jpeg", whole_jpeg[..whole_jpeg.len() - 2].to_vec(), 422, "bad_photo"),
        ("image/jpeg", whole_jpeg[..whole_jpeg.len() / 2].to_vec(), 422, "bad_photo"),
        ("image/png", whole_png[..whole_png.len() / 2].to_vec(), 422, "bad_photo"),
        ("image/png", whole_png[..20].to_vec(), 422, "bad_photo"),
        ("image/png", bomb(0, 5), 422, "bad_photo"),
        // What it says of itself is small, and there are no pixels.
        ("image/png", bomb(64, 64), 422, "bad_photo"),
        ("image/png", vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'], 422, "bad_photo"),
    ] {
        repair.add(&app, kind, body).refused(status, code);
    }
    assert_eq!(files(&app), BTreeSet::new());
    let case = app.get(&format!("/v1/me/cases/{}", repair.id)).token(&repair.resident.token);
    assert_eq!(case.expect(200).json()["photos"], json!([]));
}

/// What says that it is larger than any memory is told by its head: it has no more than that.
#[both]
fn a_bomb_is_refused_by_its_head(app: TestApp) {
    let repair = Repair::opened(&app);
    for (width, height) in [(0x7fff_ffff, 0x7fff_ffff), (60_000, 60_000), (40_000_001, 1), (8_000, 5_001)] {
        let bomb = bomb(width, height);
        assert!(bomb.len() < 100);
        let refused = repair.add(&app, "image/png", bomb).english().refused(422, "too_many_pixels").json();
        assert_eq!(refused["detail"], format!("{width} × {height} are more than 40 megapixels"));
    }
    assert_eq!(files(&app), BTreeSet::new());
}

#[both]
fn a_photo_has_at_most_eight_megabytes(app: TestApp) {
    let repair = Repair::opened(&app);
    const MOST: usize = 8 * 1024 * 1024;
    // What stands behind the end of a picture is not looked at.
    let padded = |length: usize| {
        let mut photo = jpeg(64, 32);
        photo.resize(length, 0);
        photo
    };
    repair.add(&app, "image/jpeg", padded(MOST)).expect(201);
    let refused = repair.add(&app, "image/jpeg", padded(MOST + 1)).english().refused(413, "too_large");
    assert_eq!(refused.json()["detail"], "The body is over 8 MiB");
}

#[both]
fn those_who_handle_the_case_see_its_photos_and_add_theirs(app: TestApp) {
    let repair = Repair::opened(&app);
    let own = repair.add(&app, "image/png", png(1)).expect(201).json();
    app.advance(Duration::minutes(1));
    let community = app.official(Role::Community, COMMUNITY, false);
    for (number, token, by) in [(2, &repair.firm, "firm"), (3, &community, "community")] {
        let added = repair.add_of(&app, token, png(number)).expect(201);
        let view = added.json();
        assert_eq!(view["by"], by);
        assert_eq!(
            view["href"],
            format!("/v1/cases/{}/photos/{}", repair.id, view["sha256"].as_str().unwrap())
        );
        assert_eq!(added.header("location"), view["href"].as_str().unwrap());
        app.advance(Duration::minutes(1));
    }
    let district = app.official(Role::District, DISTRICT, false);
    let shown = |path: &str, token: &str| -> Vec<Value> {
        let case = app.get(path).token(token).expect(200).json();
        case["photos"].as_array().unwrap().clone()
    };
    for (path, token) in [
        (format!("/v1/me/cases/{}", repair.id), &repair.resident.token),
        (format!("/v1/firm/cases/{}", repair.id), &repair.firm),
        (format!("/v1/admin/cases/{}", repair.id), &district),
    ] {
        let photos = shown(&path, token);
        let by: Vec<&str> = photos.iter().map(|photo| photo["by"].as_str().unwrap()).collect();
        assert_eq!(by, ["resident", "firm", "community"], "{path}");
        assert_eq!(photos[0]["sha256"], own["sha256"]);
        for photo in photos {
            app.get(photo["href"].as_str().unwrap()).token(token).expect(200);
        }
    }
    // Who reads a photo as an official is written down.
    let read = app.get("/v1/admin/audit?operation=get_case_photo").token(&district).expect(200).json();
    let lines = read["items"].as_array().unwrap();
    assert_eq!(lines.len(), 3, "{read}");
    assert!(lines.iter().all(|line| line["object_id"] == repair.id.as_str()), "{read}");
}

#[both]
fn to_others_there_is_no_such_photo(app: TestApp) {
    let repair = Repair::opened(&app);
    let added = repair.add(&app, "image/png", png(1)).expect(201).json();
    let (own, sha256) = (added["href"].as_str().unwrap(), added["sha256"].as_str().unwrap());
    let handled = format!("/v1/cases/{}/photos/{sha256}", repair.id);
    let neighbour = app.neighbour(&repair.estate);
    let other_firm = app.firm_account(&app.stage().uscc);
    let department = app.department_official(&app.department("D1", DISTRICT));
    for (path, token) in [
        (own, &neighbour.token),
        (&handled, &other_firm),
        (&handled, &department),
        (&handled, &app.official(Role::Community, OTHER_COMMUNITY, false)),
    ] {
        app.get(path).token(token).refused(404, "not_found");
        let folder = path.rsplit_once('/').unwrap().0;
        app.post(folder).token(token).body("image/png", png(9)).refused(404, "not_found");
    }
    app.get(own).refused(401, "not_signed_in");
    app.get(own).token(&repair.firm).refused(403, "role_not_allowed");
    app.get(&handled).token(&repair.resident.token).refused(403, "role_not_allowed");
    app.get(&handled).token(&app.token(someone(Role::Admin))).refused(403, "role_not_allowed");
    // A photo is one of its case alone, and nothing else of the path is one.
    let another = open(&app, &repair.resident.token);
    for path in [
        format!("/v1/me/cases/{another}/photos/{sha256}"),
        format!("/v1/me/cases/{}/photos/{}", repair.id, "0".repeat(64)),
        format!("/v1/me/cases/{}/photos/..%2F..%2Fxinwu.db", repair.id),
    ] {
        app.get(&path).token(&repair.resident.token).refused(404, "not_found");
    }
}

/// What one household sent may show how it lives; what was done about it concerns all.
#[both]
fn a_household_that_joined_sees_what_was_done_and_no_neighbours_home(app: TestApp) {
    let repair = Repair::opened(&app);
    let own = repair.add(&app, "image/png", png(1)).expect(201).json();
    let of_firm = repair.add_of(&app, &repair.firm, png(2)).expect(201).json();
    let (neighbour, path) = (join(&app, &repair), format!("/v1/me/cases/{}", repair.id));
    let shown = app.get(&path).token(&neighbour.token).expect(200).json();
    let shown: Vec<&Value> = shown["photos"].as_array().unwrap().iter().map(|each| &each["sha256"]).collect();
    assert_eq!(shown, [&of_firm["sha256"]]);
    let at = |view: &Value| format!("{path}/photos/{}", view["sha256"].as_str().unwrap());
    app.get(&at(&of_firm)).token(&neighbour.token).expect(200);
    app.get(&at(&own)).token(&neighbour.token).refused(404, "not_found");
    let add = app.post(&format!("{path}/photos")).token(&neighbour.token).body("image/png", png(3));
    add.refused(403, "not_the_opener");
}

#[both]
fn a_case_has_ten_photos_until_it_ends(app: TestApp) {
    let repair = Repair::opened(&app);
    for number in 0..10 {
        repair.add(&app, "image/png", png(number)).expect(201);
    }
    repair.add(&app, "image/png", png(10)).refused(409, "too_many_photos");
    repair.add_of(&app, &repair.firm, png(10)).refused(409, "too_many_photos");
    let own = format!("/v1/me/cases/{}", repair.id);
    let case = app.get(&own).token(&repair.resident.token).expect(200);
    assert_eq!(case.json()["photos"].as_array().unwrap().len(), 10);
    let withdraw = app.post(&format!("{own}/withdraw")).token(&repair.resident.token);
    withdraw.header("If-Match", case.etag()).json(&json!({})).expect(200);
    let refused = repair.add(&app, "image/png", png(10)).refused(409, "wrong_state").json();
    assert_eq!((&refused["state"], &refused["allows"]), (&json!("withdrawn"), &json!([])));
}

/// A photo changes no step of the case that somebody is about to take.
#[both]
fn the_same_photo_is_no_other_one(app: TestApp) {
    let repair = Repair::opened(&app);
    let case = app.get(&format!("/v1/firm/cases/{}", repair.id)).token(&repair.firm).expect(200);
    let first = repair.add(&app, "image/png", png(1)).header("Idempotency-Key", "k").expect(201);
    for again in [
        repair.add(&app, "image/png", png(1)).header("Idempotency-Key", "k").expect(201),
        repair.add(&app, "image/png", png(1)).expect(201),
        repair.add_of(&app, &repair.firm, png(1)).expect(201),
    ] {
        assert_eq!(again.json()["sha256"], first.json()["sha256"]);
        assert_eq!((&again.json()["by"], &again.json()["at"]), (&json!("resident"), &first.json()["at"]));
    }
    repair
        .add(&app, "image/png", png(2))
        .header("Idempotency-Key", "k")
        .refused(409, "idempotency_key_reused");
    let shown = app.get(&format!("/v1/me/cases/{}", repair.id)).token(&repair.resident.token);
    assert_eq!(shown.expect(200).json()["photos"].as_array().unwrap().len(), 1);
    let accept = app.post(&format!("/v1/cases/{}/accept", repair.id)).token(&repair.firm);
    accept.header("If-Match", case.etag()).expect(200);
}

#[both]
fn an_account_sends_six_a_minute_and_thirty_a_day(backend: Backend) {
    let app = TestApp::start_with(backend, |config| (config.photos_a_minute, config.photos_a_day) = (6, 30));
    let repair = Repair::opened(&app);
    // What is refused counts, whatever it is refused for.
    repair.add(&app, "image/svg+xml", "<svg/>").refused(415, "unsupported_media_type");
    repair.add(&app, "image/png", bomb(60_000, 60_000)).refused(422, "too_many_pixels");
    let nowhere = app.post("/v1/me/cases/0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c/photos");
    nowhere.token(&repair.resident.token).body("image/png", png(1)).refused(404, "not_found");
    for _ in 3..6 {
        repair.add(&app, "image/png", png(1)).expect(201);
    }
    let refused = repair.add(&app, "image/png", png(1)).refused(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), "10");
    assert_eq!(refused.json()["retry_after"], 10);
    // Each account counts by itself, and to read is no sending.
    repair.add_of(&app, &repair.firm, png(1)).expect(201);
    app.get(&format!("/v1/me/cases/{}", repair.id)).token(&repair.resident.token).expect(200);
    app.advance(Duration::seconds(10));
    repair.add(&app, "image/png", png(1)).expect(201);
    let token = || app.renewed(&repair.resident.id);
    let add =
        || app.post(&format!("/v1/me/cases/{}/photos", repair.id)).token(&token()).body("image/png", png(1));
    for _ in 7..30 {
        app.advance(Duration::seconds(10));
        add().expect(201);
    }
    app.advance(Duration::minutes(1));
    let refused = add().refused(429, "too_many_requests");
    // One comes back every 48 minutes, from the first on.
    let left = 48 * 60 - 25 * 10 - 60 + 10;
    assert_eq!(refused.header("retry-after"), left.to_string());
    app.advance(Duration::seconds(left));
    add().expect(201);
    add().refused(429, "too_many_requests");
}

#[both]
fn files_that_nothing_names_are_swept_after_a_day(app: TestApp) {
    let repair = Repair::opened(&app);
    let kept = repair.add(&app, "image/png", png(1)).expect(201).json();
    let kept = kept["sha256"].as_str().unwrap().to_owned();
    let folder = Folder::at(app.state.config().photo_dir());
    let (old, young) = (sha256_hex(b"old"), sha256_hex(b"young"));
    folder.put(&old, b"old", app.now()).unwrap();
    app.advance(Duration::hours(25));
    folder.put(&young, b"young", app.now()).unwrap();
    assert_eq!(files(&app), BTreeSet::from([kept.clone(), old, young.clone()]));
    assert_eq!(swept(&app), 1);
    assert_eq!(files(&app), BTreeSet::from([kept.clone(), young]));
    app.advance(Duration::hours(25));
    assert_eq!(swept(&app), 1);
    assert_eq!(files(&app), BTreeSet::from([kept]));
}

#[both]
fn with_the_account_its_photos_go(app: TestApp) {
    let repair = Repair::opened(&app);
    let own = repair.add(&app, "image/png", png(1)).expect(201).json();
    let of_firm = repair.add_of(&app, &repair.firm, png(2)).expect(201).json();
    join(&app, &repair);
    // One's own are given out with the account's data.
    let export = app.get("/v1/me/export").token(&repair.resident.token).expect(200).json();
    assert_eq!(export["cases"][0]["photos"], json!([own]));
    app.delete("/v1/me").token(&repair.resident.token).expect(204);
    let shown = app.get(&format!("/v1/firm/cases/{}", repair.id)).token(&repair.firm).expect(200).json();
    let shown: Vec<&Value> = shown["photos"].as_array().unwrap().iter().map(|each| &each["sha256"]).collect();
    assert_eq!(shown, [&of_firm["sha256"]]);
    app.advance(Duration::hours(25));
    assert_eq!(swept(&app), 1);
    assert_eq!(files(&app), BTreeSet::from([of_firm["sha256"].as_str().unwrap().to_owned()]));
}

fn checked(app: &TestApp) -> Report {
    let folder = Folder::at(app.state.config().photo_dir());
    let silent: Progress = std::sync::Arc::new(|_: &str, _, _| {});
    let mut report = Report::default();
    check_photos(app.db(), &mut report, &silent, |sha256| folder.length(sha256)).unwrap();
    report
}

#[both]
fn verify_names_each_photo_whose_file_is_missing_or_cut_off(app: TestApp) {
    let repair = Repair::opened(&app);
    let shas: Vec<String> = (0..3)
        .map(|number| repair.add(&app, "image/png", png(number)).expect(201).json())
        .map(|added| added["sha256"].as_str().unwrap().to_owned())
        .collect();
    assert!(checked(&app).is_clean());
    let file = |sha256: &str| app.state.config().photo_dir().join(&sha256[..2]).join(sha256);
    std::fs::remove_file(file(&shas[0])).unwrap();
    std::fs::write(file(&shas[1]), b"cut").unwrap();
    let report = checked(&app);
    assert_eq!(report.checks, ["case_photo"]);
    let found: BTreeSet<(String, String)> =
        report.differences.into_iter().map(|each| (each.key, each.figure)).collect();
    let key = |sha256: &str| format!("{}/{sha256}", repair.id);
    assert_eq!(
        found,
        BTreeSet::from([
            (key(&shas[0]), "the file is missing".to_owned()),
            (key(&shas[1]), "bytes of the file".to_owned())
        ])
    );
    // Whoever asks for it is told nothing of the folder.
    let path = format!("/v1/me/cases/{}/photos/{}", repair.id, shas[0]);
    app.get(&path).token(&repair.resident.token).refused(500, "internal");
}

/// Nobody else on the machine reads them.
#[both]
fn files_are_the_services_own(app: TestApp) {
    use std::os::unix::fs::PermissionsExt;

    let repair = Repair::opened(&app);
    let added = repair.add(&app, "image/png", png(1)).expect(201).json();
    let sha256 = added["sha256"].as_str().unwrap();
    let folder = app.state.config().photo_dir();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join(&sha256[..2])), 0o700);
    assert_eq!(mode(&folder.join(&sha256[..2]).join(sha256)), 0o600);
}
