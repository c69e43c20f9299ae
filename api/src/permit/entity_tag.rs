//! Entity tags (RFC 9110 §8.8.3): `"<version>.<object>.<content>"`. A change is checked by the
//! first two, so that a figure which has moved meanwhile stops none; a reading by the whole. That
//! of a body in gzip ends in `-gz`.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use rapidhash::v3::rapidhash_v3;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::typed;
use xinwu_domain::uscc::Uscc;
use xinwu_domain::version::Expected;

use crate::problem::Problem;
use crate::secrets::sha256_hex;

/// The version of what no change is made from: sums, lists, documents. No row has it.
pub(crate) const UNVERSIONED: i64 = 0;

/// The object that a request is about, as far as its tags tell it from others.
#[derive(Debug, Clone)]
pub(super) struct Target {
    path: String,
    /// Whose it is, below a path that says only "me".
    account: Option<String>,
}

impl Target {
    pub(super) fn new(path: &str, account: Option<&str>) -> Target {
        Target { path: path.to_owned(), account: account.map(str::to_owned) }
    }

    /// That of another path: of what a request has made.
    pub(super) fn at(&self, path: &str) -> Target {
        Target { path: path.to_owned(), account: self.account.clone() }
    }

    /// A strong tag of its representation. That is no secret, and who made two texts of one hash
    /// would only keep a reader from seeing that one took the other's place: a fast hash does,
    /// where SHA-256 took a sixth of a search.
    pub(super) fn tag(&self, version: i64, body: &[u8]) -> String {
        format!("\"{version}.{}.{:016x}\"", self.digits(), rapidhash_v3(body))
    }

    /// Eight hex digits of its kind and id, as its path says them. What the public, officials and a
    /// firm read of it is one object.
    fn digits(&self) -> String {
        let path = self.path.strip_prefix("/v1").unwrap_or(&self.path);
        let below = |side| path.strip_prefix(side).filter(|rest: &&str| rest.starts_with('/'));
        let path = below("/admin").or_else(|| below("/firm")).unwrap_or(path);
        // The phone is a part of the account, which is what its change answers with.
        let path = if path == "/me/phone" { "/me" } else { path };
        let mut said: String = path.split('/').map(|segment| normal_form(segment) + "/").collect();
        if let Some(account) = self.account.as_deref().filter(|_| path == "/me" || path.starts_with("/me/")) {
            said.push_str(account);
        }
        first(&sha256_hex(said.as_bytes()), 8)
    }

    /// The versions of the object that `If-Match` names; `None` without the header.
    ///
    /// # Errors
    /// 400 for a header that cannot be read; 412 when it names no strong tag of this object.
    pub(super) fn expected(&self, headers: &HeaderMap) -> Result<Option<Expected>, Problem> {
        let lines: Vec<&[u8]> = headers.get_all(header::IF_MATCH).map(HeaderValue::as_bytes).collect();
        match lines.as_slice() {
            [] => return Ok(None),
            [line] if line.trim_ascii() == b"*" => return Ok(Some(Expected::Any)),
            _ => {}
        }
        let mut named = Vec::new();
        for line in lines {
            named.extend(Named::all_in(line).ok_or_else(unreadable)?);
        }
        if named.is_empty() {
            return Err(unreadable());
        }
        let digits = self.digits();
        let strong: Vec<(i64, &str)> = named.iter().filter_map(Named::strong).collect();
        let versions: Vec<i64> =
            strong.iter().filter(|(_, object)| *object == digits).map(|(version, _)| *version).collect();
        if !versions.is_empty() {
            return Ok(Some(Expected::OneOf(versions)));
        }
        if named.iter().any(|tag| tag.is_weak) {
            return Err(precondition_failed(
                "weak_tag",
                Text::new(
                    "If-Match 只接受强 ETag，不接受以 W/ 开头的弱 ETag；请重新读取该对象，并原样发送其 ETag",
                    "If-Match compares strongly, and a weak ETag (W/…) matches nothing; read the object again and send its ETag as it comes",
                ),
            ));
        }
        if !strong.is_empty() {
            return Err(precondition_failed(
                "tag_of_another_object",
                Text::new(
                    "If-Match 中的 ETag 属于另一个对象；请读取要修改的对象，并发送其 ETag",
                    "If-Match names the ETag of another object; read the one that you change and send its own",
                ),
            ));
        }
        Err(Refusal::Stale.into())
    }
}

/// The tag of the same in gzip.
pub(super) fn in_gzip(tag: &HeaderValue) -> Option<HeaderValue> {
    let inside = tag.as_bytes().strip_suffix(b"\"")?;
    HeaderValue::from_bytes(&[inside, b"-gz\""].concat()).ok()
}

/// The tag that `If-None-Match` names, of this one and that of the same in gzip (weak comparison,
/// RFC 9110 §13.1.2): whoever has the one need not be sent the other. A line that cannot be read
/// names nothing: the answer is only sent once more.
pub(crate) fn known(headers: &HeaderMap, tag: &HeaderValue) -> Option<HeaderValue> {
    let mut lines = headers.get_all(header::IF_NONE_MATCH).map(HeaderValue::as_bytes).peekable();
    lines.peek()?;
    let compressed = in_gzip(tag);
    lines.find_map(|line| {
        if line.trim_ascii() == b"*" {
            return Some(tag.clone());
        }
        let named = Named::all_in(line)?;
        let is_named = |tag: &&HeaderValue| named.iter().any(|each| each.quoted == tag.as_bytes());
        std::iter::once(tag).chain(&compressed).find(is_named).cloned()
    })
}

/// A tag that a client sends.
struct Named<'a> {
    is_weak: bool,
    /// With its quotes.
    quoted: &'a [u8],
}

impl<'a> Named<'a> {
    /// The tags of a list, whose elements may be empty; `None` where one cannot be read.
    fn all_in(line: &'a [u8]) -> Option<Vec<Named<'a>>> {
        let mut named = Vec::new();
        let mut rest = line.trim_ascii();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(b",") {
                rest = after.trim_ascii_start();
                continue;
            }
            let (tag, after) = Named::read(rest)?;
            named.push(tag);
            rest = after.trim_ascii_start();
            if !rest.is_empty() && !rest.starts_with(b",") {
                return None;
            }
        }
        Some(named)
    }

    /// The first of `text`, and what stands after it.
    fn read(text: &'a [u8]) -> Option<(Named<'a>, &'a [u8])> {
        let weak = text.strip_prefix(b"W/");
        let quoted = weak.unwrap_or(text);
        let inside = quoted.strip_prefix(b"\"")?;
        let length = inside.iter().position(|byte| *byte == b'"')?;
        let is_opaque = |byte: &u8| *byte == 0x21 || (0x23..=0x7e).contains(byte) || *byte >= 0x80;
        if !inside.iter().take(length).all(is_opaque) {
            return None;
        }
        let (quoted, after) = quoted.split_at_checked(length + 2)?;
        Some((Named { is_weak: weak.is_some(), quoted }, after))
    }

    /// The version and the object of a strong tag that has the form of ours.
    fn strong(&self) -> Option<(i64, &'a str)> {
        let text = std::str::from_utf8(self.quoted).ok().filter(|_| !self.is_weak)?;
        let mut parts = text.trim_matches('"').split('.');
        let (version, object, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
            return None;
        };
        Some((version.parse().ok()?, object))
    }
}

/// A segment of a path as the register keeps it.
fn normal_form(segment: &str) -> String {
    let text = percent_decode_str(segment).decode_utf8_lossy();
    Uscc::parse_known(&text).map_or_else(|_| typed::code(&text), |code| code.to_string())
}

fn first(hex: &str, digits: usize) -> String {
    hex.chars().take(digits).collect()
}

fn unreadable() -> Problem {
    let text = Text::new(
        "无法读取；应为读取该对象时得到的 ETag（连同引号，多个用逗号隔开）或 *",
        "cannot be read; send the ETag that the object came with, quotes included (several with commas), or *",
    );
    Refusal::bad_parameter("If-Match", "entity_tag", text).into()
}

fn precondition_failed(code: &'static str, text: Text) -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, code, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn code(result: Result<Option<Expected>, Problem>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_list_over_several_lines_names_the_versions_of_this_object() {
        let target = Target::new("/v1/admin/places/2102", None);
        let tag = |version| target.tag(version, b"body");
        let other = Target::new("/v1/places/210202", None).tag(9, b"");
        let expected = |lines: &[&str]| target.expected(&headers(header::IF_MATCH, lines));
        assert_eq!(expected(&[]).unwrap(), None);
        assert_eq!(expected(&[" * "]).unwrap(), Some(Expected::Any));
        let lines = [format!("\"a,b\" , {}", tag(3)), format!(",{other},, W/{}, {}", tag(4), tag(5))];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(expected(&lines).unwrap(), Some(Expected::OneOf(vec![3, 5])));
        let compressed = in_gzip(&HeaderValue::from_str(&tag(6)).unwrap()).unwrap();
        assert_eq!(expected(&[compressed.to_str().unwrap()]).unwrap(), Some(Expected::OneOf(vec![6])));
        for unreadable in ["", ",", "3", "\"3", "w/\"3\"", "W/3", "\"1\" \"2\"", "*, \"1\"", "\"a b\""] {
            assert_eq!(code(expected(&[unreadable])), "400 bad_parameter", "{unreadable}");
        }
        assert_eq!(code(expected(&[&format!("W/{}", tag(1))])), "412 weak_tag");
        assert_eq!(code(expected(&[&other])), "412 tag_of_another_object");
        for foreign in ["\"1-0\"", "\"\"", "\"1.2\"", "\"1.2.3.4\"", "\"x.2.3\""] {
            assert_eq!(code(expected(&[foreign])), "412 stale", "{foreign}");
        }
    }

    #[test]
    fn an_object_is_one_however_its_path_is_written_and_no_other() {
        let digits = |path: &str, account| Target::new(path, account).digits();
        let firm = digits("/v1/firms/91210200241281392F", None);
        assert_eq!(firm.len(), 8);
        for same in [
            "/v1/admin/firms/91210200241281392f",
            "/v1/firms/%EF%BC%99%EF%BC%91210200241281392F",
            "/v1/firms/9121-0200%20241281392F",
        ] {
            assert_eq!(digits(same, Some("anyone")), firm, "{same}");
        }
        assert_ne!(digits("/v1/estates/91210200241281392F", None), firm);
        let case = digits("/v1/cases/0193a5c2", None);
        for same in ["/v1/admin/cases/0193a5c2", "/v1/firm/cases/0193a5c2"] {
            assert_eq!(digits(same, Some("anyone")), case, "{same}");
        }
        assert_ne!(digits("/v1/me", Some("a")), digits("/v1/me", Some("b")));
    }

    #[test]
    fn a_reading_is_compared_whole_and_weakly() {
        let tag = HeaderValue::from_static("\"3.0a1b2c3d.00ff\"");
        let named = |lines: &[&str]| super::known(&headers(header::IF_NONE_MATCH, lines), &tag);
        let known = |lines: &[&str]| named(lines).as_ref() == Some(&tag);
        assert!(known(&["W/\"3.0a1b2c3d.00ff\""]));
        assert!(known(&["\"x\"", "\"y\", \"3.0a1b2c3d.00ff\""]));
        assert!(known(&["*"]));
        assert!(known(&["\"3.0a1b2c3d.00ff-gz\", \"3.0a1b2c3d.00ff\""]));
        // Who has it in gzip is told of that.
        let compressed = HeaderValue::from_static("\"3.0a1b2c3d.00ff-gz\"");
        assert_eq!(named(&["\"x\", W/\"3.0a1b2c3d.00ff-gz\""]), Some(compressed));
        for other in [
            "\"3.0a1b2c3d.00fe\"",
            "\"3.0a1b2c3d.00fe-gz\"",
            "\"3.0a1b2c3d.00ff-gz-gz\"",
            "3.0a1b2c3d.00ff",
            "\"x, \"3.0a1b2c3d.00ff\"",
            "",
        ] {
            assert_eq!(named(&[other]), None, "{other}");
        }
        assert_eq!(named(&[]), None);
    }
}
