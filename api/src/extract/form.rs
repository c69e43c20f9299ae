//! A tree as a body, with all that is wrong with it.
//!
//! Serde stops at the first fault. So that a form's faults come all at once, a value that cannot be
//! read is noted and another put in its place that can, and the tree is read again; what is left at
//! last is checked by its rules.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use validator::Validate;
use xinwu_domain::refusal::{FieldFault, Refusal};

use super::tree::{segment, told};
use super::words::{self, Fault};
use crate::problem::Problem;

/// The most faults that are told of one body.
pub(super) const MOST_FAULTS: usize = 32;

/// Fields that say which others there are: of those nothing is told while these cannot be read.
const DISCRIMINATORS: &[&str] = &["/grant_type"];

/// Values that can stand where another could not be read, for each kind of field.
const STAND_INS: &[&str] = &[
    "",
    "13900000001",
    "91210200241281392F",
    "2026-11",
    "2026-11-21",
    "2026-11-21T00:00:00Z",
    "2026-Q4",
    "210202",
    "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c",
];

/// Reads a body, of which some faults are known already, and tells at most about `most` of all.
/// Gives the tree as well, as it was sent.
///
/// # Errors
/// 400 with every fault if something cannot be read, 422 if only rules are broken.
pub(super) fn read<T>(tree: Value, known: Vec<Fault>, most: usize) -> Result<(T, Value), Problem>
where
    T: DeserializeOwned + Validate,
{
    match read_whole(tree, known, most)? {
        (value, tree, faults) if faults.is_empty() => Ok((value, tree)),
        (_, _, faults) => Err(Refusal::Invalid(faults).into()),
    }
}

/// [`read`] of a body that may break rules, as long as all of it can be read as it was sent: with
/// the value come the faults of these.
///
/// # Errors
/// As [`read`].
pub(super) fn read_whole<T>(
    mut tree: Value,
    known: Vec<Fault>,
    most: usize,
) -> Result<(T, Value, Vec<FieldFault>), Problem>
where
    T: DeserializeOwned + Validate,
{
    let is_as_sent = known.is_empty();
    match examine(&mut tree, known, most) {
        (Some(value), replaced, faults) if is_as_sent && replaced.is_empty() => {
            Ok((value, tree, told_once(faults)))
        }
        (_, _, faults) => Err(problem(faults)),
    }
}

/// The body with where another value stands in it than was sent, and all that is wrong with it.
fn examine<T>(tree: &mut Value, mut faults: Vec<Fault>, most: usize) -> (Option<T>, Vec<String>, Vec<Fault>)
where
    T: DeserializeOwned + Validate,
{
    let mut replaced: Vec<String> = Vec::new();
    loop {
        match attempt::<T>(tree) {
            Ok(value) => {
                faults.extend(broken_rules(&value, &replaced));
                return (Some(value), replaced, faults);
            }
            Err(Unread { fault, options }) => {
                let (pointer, code) = (fault.fault.pointer.clone(), fault.fault.code);
                faults.push(fault);
                let is_discriminator = DISCRIMINATORS.contains(&pointer.as_str());
                if faults.len() >= most || is_discriminator {
                    return (None, replaced, faults);
                }
                let goes_on = match code {
                    "unknown_field" => put(tree, &pointer, None),
                    _ => replace::<T>(tree, &pointer, &options),
                };
                if !goes_on {
                    return (None, replaced, faults);
                }
                replaced.push(pointer);
            }
        }
    }
}

/// What could not be read, and the words that its place takes.
struct Unread {
    fault: Fault,
    options: Vec<String>,
}

fn attempt<T: DeserializeOwned>(tree: &Value) -> Result<T, Unread> {
    serde_path_to_error::deserialize(tree).map_err(|error| {
        let message = error.inner().to_string();
        let fault = words::data_fault(&pointer(error.path()), &message);
        Unread { fault, options: words::options(&message) }
    })
}

/// Puts a value at the pointer with which reading gets further.
fn replace<T: DeserializeOwned>(tree: &mut Value, pointer: &str, options: &[String]) -> bool {
    let texts = options.iter().map(String::as_str).chain(STAND_INS.iter().copied());
    let values = [json!(0), json!(1), json!(false), json!([]), json!({})];
    let stand_ins = std::iter::once(Value::Null).chain(texts.map(Value::from)).chain(values);
    // A field that is missing does not say which words it takes; the fault of a wrong one does.
    let mut words: Vec<String> = Vec::new();
    for stand_in in stand_ins {
        if !put(tree, pointer, Some(stand_in)) {
            continue;
        }
        match attempt::<T>(tree) {
            Err(next) if is_at_or_below(&next.fault.fault.pointer, pointer) => words.extend(next.options),
            _ => return true,
        }
    }
    words.into_iter().any(|word| {
        put(tree, pointer, Some(word.into()))
            && attempt::<T>(tree).err().is_none_or(|next| !is_at_or_below(&next.fault.fault.pointer, pointer))
    })
}

/// Puts a value at the pointer, or takes away what is there; says whether that could be done.
fn put(tree: &mut Value, pointer: &str, value: Option<Value>) -> bool {
    let Some((above, last)) = pointer.rsplit_once('/') else { return false };
    match (tree.pointer_mut(above), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(last.replace("~1", "/").replace("~0", "~"), value);
            true
        }
        (Some(Value::Object(fields)), None) => {
            fields.remove(&last.replace("~1", "/").replace("~0", "~")).is_some()
        }
        (Some(Value::Array(items)), Some(value)) => {
            let item = last.parse().ok().and_then(|index: usize| items.get_mut(index));
            item.map(|item| *item = value).is_some()
        }
        _ => false,
    }
}

/// The rules that a value breaks, but for where another value stands than was sent.
fn broken_rules(value: &impl Validate, replaced: &[String]) -> Vec<Fault> {
    let Err(Refusal::Invalid(faults)) = words::check(value) else { return Vec::new() };
    let is_sent = |fault: &FieldFault| !replaced.iter().any(|each| is_at_or_below(&fault.pointer, each));
    faults.into_iter().filter(is_sent).map(|fault| Fault { fault, is_rule: true }).collect()
}

fn is_at_or_below(pointer: &str, other: &str) -> bool {
    pointer.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn problem(faults: Vec<Fault>) -> Problem {
    let is_readable = faults.iter().all(|fault| fault.is_rule);
    let faults = told_once(faults);
    if is_readable { Refusal::Invalid(faults).into() } else { Problem::unreadable("bad_field", faults) }
}

/// The faults as they are told, in the order of their pointers.
fn told_once(mut faults: Vec<Fault>) -> Vec<FieldFault> {
    faults.sort_by(|one, other| one.fault.pointer.cmp(&other.fault.pointer));
    // A list may break a rule in each of its entries.
    faults.truncate(MOST_FAULTS);
    // What is wrong with a part is told of the part, and once.
    let told: Vec<(String, &str)> =
        faults.iter().map(|each| (each.fault.pointer.clone(), each.fault.code)).collect();
    let mut position = 0;
    faults.retain(|each| {
        position += 1;
        let mut later = told.iter().skip(position);
        // How long a list is says nothing of its parts.
        let of_part = |pointer: &str| {
            pointer == each.fault.pointer
                || each.fault.code != "length" && is_at_or_below(pointer, &each.fault.pointer)
        };
        !later.any(|(pointer, code)| *code == each.fault.code && of_part(pointer))
    });
    faults.into_iter().map(|each| each.fault).collect()
}

/// The path as an RFC 6901 pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segment = |part: &Segment| match part {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", segment(&told(key))),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    };
    path.iter().map(segment).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use xinwu_domain::access::Role;
    use xinwu_domain::calendar::Month;
    use xinwu_domain::phone::Phone;
    use xinwu_domain::uscc::Uscc;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it reads is looked at")]
    struct Body {
        #[validate(length(min = 1, max = 3), custom(function = "xinwu_domain::rules::plain_text"))]
        name: String,
        role: Role,
        count: Option<i32>,
        month: Option<Month>,
        owner: Option<Owner>,
        #[serde(default)]
        owners: Vec<Owner>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it reads is looked at")]
    struct Owner {
        phone: Phone,
        uscc: Uscc,
        area: i64,
    }

    fn told(body: &Value) -> Vec<(String, &'static str)> {
        let (_, _, faults) = examine::<Body>(&mut body.clone(), Vec::new(), MOST_FAULTS);
        let mut told: Vec<_> = faults.into_iter().map(|each| (each.fault.pointer, each.fault.code)).collect();
        told.sort();
        told
    }

    fn expected(faults: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        faults.iter().map(|(pointer, code)| ((*pointer).to_owned(), *code)).collect()
    }

    #[test]
    fn all_faults_of_a_body_are_told_at_once() {
        let body = json!({"name": "\u{7}", "role": "king", "count": "5", "month": "2026-13", "kount": 5});
        let faults = [
            ("/count", "wrong_type"),
            ("/kount", "unknown_field"),
            ("/month", "month"),
            ("/name", "control_character"),
            ("/role", "unknown_value"),
        ];
        assert_eq!(told(&body), expected(&faults));
        assert_eq!(told(&json!({})), expected(&[("/name", "required"), ("/role", "required")]));
        assert_eq!(told(&json!({"name": 7, "role": 7})).len(), 2);
    }

    #[test]
    fn faults_within_a_list_are_told_with_their_places() {
        let owner = json!({"phone": "1", "uscc": "2", "area": 1.5});
        let body =
            json!({"name": "a", "role": "city", "owner": {}, "owners": [owner, {"phone": "13900000001"}, 5]});
        let faults = [
            ("/owner/area", "required"),
            ("/owner/phone", "required"),
            ("/owner/uscc", "required"),
            ("/owners/0/area", "wrong_type"),
            ("/owners/0/phone", "phone"),
            ("/owners/0/uscc", "uscc_length"),
            ("/owners/1/area", "required"),
            ("/owners/1/uscc", "required"),
            ("/owners/2", "wrong_type"),
        ];
        assert_eq!(told(&body), expected(&faults));
    }

    #[test]
    fn what_is_no_object_is_one_fault() {
        for body in [json!(5), json!(null), json!("name")] {
            assert_eq!(told(&body), expected(&[("", "wrong_type")]), "{body}");
        }
    }
}
