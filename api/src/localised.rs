//! Views as JSON with their texts in one language, written in one go.
//!
//! The same bytes as those of [`xinwu_domain::evaluation::in_language`] on the view's
//! `serde_json::Value`: an object's members stand in the order of their names, and an object of
//! just the strings `zh` and `en` is the one of them. An object's members are written one after the
//! other as they come; when it ends they are put in order, or, of a text, one is kept.

use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};
use serde_json::Error;
use xinwu_domain::text::Language;

/// A view with its texts in `language`, as JSON.
///
/// # Errors
/// For a view with keys that are not strings, or with enums that hold values.
pub(crate) fn to_string(view: &impl Serialize, language: Language) -> Result<String, Error> {
    let mut writer = Writer { out: Vec::with_capacity(8 * 1024), spare: Vec::new(), language };
    view.serialize(&mut writer)?;
    String::from_utf8(writer.out).map_err(ser::Error::custom)
}

struct Writer {
    out: Vec<u8>,
    /// Where an object's members wait while they are put in order.
    spare: Vec<u8>,
    language: Language,
}

impl Writer {
    /// A value without members.
    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        serde_json::to_writer(&mut self.out, value)
    }

    fn object(&mut self) -> Object<'_> {
        Object { start: self.out.len(), members: Vec::new(), writer: self }
    }

    fn list(&mut self) -> List<'_> {
        self.out.push(b'[');
        List { is_empty: true, writer: self }
    }
}

struct List<'w> {
    writer: &'w mut Writer,
    is_empty: bool,
}

impl List<'_> {
    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_empty) {
            self.writer.out.push(b',');
        }
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Result<(), Error> {
        self.writer.out.push(b']');
        Ok(())
    }
}

struct Object<'w> {
    writer: &'w mut Writer,
    /// Where its first member's value begins.
    start: usize,
    members: Vec<Member>,
}

struct Member {
    name: Name,
    /// Where its value begins; it ends where the next one begins.
    from: usize,
}

/// A member's name: of a field, or of a map's entry.
enum Name {
    Static(&'static str),
    Owned(String),
}

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Name::Static(name) => name,
            Name::Owned(name) => name,
        }
    }
}

impl Object<'_> {
    fn member(&mut self, name: Name, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.members.push(Member { name, from: self.writer.out.len() });
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Result<(), Error> {
        let Object { writer, start, members } = self;
        let Writer { out, spare, language } = writer;
        spare.clear();
        spare.extend_from_slice(out.get(start..).unwrap_or_default());
        out.truncate(start);
        let ends = members.iter().skip(1).map(|next| next.from - start).chain([spare.len()]);
        let mut members: Vec<(&str, &[u8])> = members
            .iter()
            .zip(ends)
            .map(|(member, end)| {
                (member.name.as_str(), spare.get(member.from - start..end).unwrap_or_default())
            })
            .collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        if let [("en", en), ("zh", zh)] = members.as_slice()
            && en.first() == Some(&b'"')
            && zh.first() == Some(&b'"')
        {
            out.extend_from_slice(match language {
                Language::Chinese => zh,
                Language::English => en,
            });
            return Ok(());
        }
        out.push(b'{');
        for (at, (name, value)) in members.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            serde_json::to_writer(&mut *out, name)?;
            out.push(b':');
            out.extend_from_slice(value);
        }
        out.push(b'}');
        Ok(())
    }
}

/// The members of a map.
struct Entries<'w> {
    object: Object<'w>,
    name: String,
}

fn not_written(what: &str) -> Error {
    ser::Error::custom(format!("{what} is not written"))
}

/// serde tells lists and tuples apart; JSON does not.
macro_rules! lists {
    ($($kind:ident)*) => {
        $(impl ser::$kind for List<'_> {
            type Ok = ();
            type Error = Error;
            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }
            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        })*
    };
}
lists! { SerializeSeq SerializeTuple }

impl ser::SerializeStruct for Object<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.member(Name::Static(name), value)
    }
    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        match serde_json::to_value(key)? {
            serde_json::Value::String(name) => self.name = name,
            _ => return Err(not_written("a name that is no string")),
        }
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let name = std::mem::take(&mut self.name);
        self.object.member(Name::Owned(name), value)
    }
    fn end(self) -> Result<(), Error> {
        self.object.finish()
    }
}

/// Values without members, which `serde_json` writes.
macro_rules! scalars {
    ($($method:ident($kind:ty))*) => {
        $(fn $method(self, value: $kind) -> Result<(), Error> {
            self.value(&value)
        })*
    };
}

impl<'w> Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'w>;
    type SerializeTuple = List<'w>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Entries<'w>;
    type SerializeStruct = Object<'w>;
    type SerializeStructVariant = Impossible<(), Error>;

    scalars! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_f64(f64) serialize_str(&str)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(f64::from(value))
    }
    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }
    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Error> {
        self.value(&())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(not_written(variant))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<List<'w>, Error> {
        Ok(self.list())
    }
    fn serialize_tuple(self, _: usize) -> Result<List<'w>, Error> {
        Ok(self.list())
    }
    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Impossible<(), Error>, Error> {
        Err(not_written(name))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(not_written(variant))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'w>, Error> {
        Ok(Entries { object: self.object(), name: String::new() })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'w>, Error> {
        Ok(self.object())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        Err(not_written(variant))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use xinwu_domain::evaluation::in_language;
    use xinwu_domain::text::Text;

    use super::*;

    #[derive(Serialize)]
    struct View {
        name: Text,
        zh: &'static str,
        en: Option<&'static str>,
        all: Vec<Part>,
        numbers: (i64, u64, f64, f64, f32),
        map: std::collections::BTreeMap<String, Text>,
        nothing: (),
        mark: char,
    }

    #[derive(Serialize)]
    struct Part {
        text: Text,
        en: i32,
        zh: i32,
    }

    #[test]
    fn it_is_what_the_document_in_one_language_is_to_the_last_byte() {
        let text = || Text::new("引号“\"”与\n换行", "A \"quote\", a \\ and a\ttab");
        let part = |number| Part { text: text(), zh: number, en: -number };
        let view = View {
            name: text(),
            zh: "只是名为 zh 的成员",
            en: None,
            all: vec![part(1), part(2)],
            numbers: (i64::MIN, u64::MAX, 81.875, f64::NAN, 0.1),
            map: [("b\"".to_owned(), text()), ("a".to_owned(), text())].into(),
            nothing: (),
            mark: '"',
        };
        for language in [Language::Chinese, Language::English] {
            let expected = in_language(json!(view), language).to_string();
            assert_eq!(to_string(&view, language).unwrap(), expected);
        }
        let lone = json!([{"zh": "一", "en": "one"}, {"zh": "一", "en": 1}, {"zh": "一"}, {}, []]);
        assert_eq!(
            to_string(&lone, Language::English).unwrap(),
            r#"["one",{"en":1,"zh":"一"},{"zh":"一"},{},[]]"#
        );
    }
}
