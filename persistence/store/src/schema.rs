//! The tables of the store itself.
#![expect(missing_docs, reason = "the columns are described in the migrations")]

diesel::table! {
    change (seq) {
        seq -> BigInt,
        entity -> Text,
        entity_id -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    setting (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    due (kind, subject_kind, subject_id) {
        kind -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        due_at -> Timestamp,
        cause_kind -> Nullable<Text>,
        cause_id -> Nullable<Text>,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> Timestamp,
        user_id -> Text,
        role -> Text,
        operation -> Text,
        object_kind -> Text,
        object_id -> Text,
        detail -> Text,
        place -> Nullable<Text>,
        address -> Nullable<Text>,
    }
}
