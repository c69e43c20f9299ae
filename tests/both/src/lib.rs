//! `#[both] fn name(app: TestApp) { … }`: the test runs on SQLite and on PostgreSQL, as
//! `name::sqlite` and `name::postgres`.

use proc_macro::{TokenStream, TokenTree};

/// Makes two tests of a function that takes a `TestApp`. Other attributes of the function, such as
/// `#[ignore]`, stand below this one and go to the tests.
#[proc_macro_attribute]
pub fn both(_: TokenStream, function: TokenStream) -> TokenStream {
    let (mut attributes, mut rest, mut name) = (TokenStream::new(), TokenStream::new(), None);
    let mut tokens = function.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, &name) {
            (TokenTree::Punct(mark), None) if mark.as_char() == '#' => {
                attributes.extend([token].into_iter().chain(tokens.next()));
            }
            (TokenTree::Ident(word), None) if word.to_string() == "fn" => {
                name = tokens.peek().map(ToString::to_string);
                rest.extend([token]);
            }
            _ => rest.extend([token]),
        }
    }
    let name = name.unwrap_or_default();
    let tests = format!(
        "mod {name} {{ \
             use crate::harness::{{Backend, TestApp}}; \
             {attributes} #[test] fn sqlite() {{ super::{name}(TestApp::start(Backend::Sqlite)); }} \
             {attributes} #[test] fn postgres() {{ super::{name}(TestApp::start(Backend::Postgres)); }} \
         }}"
    );
    let tests: TokenStream = tests.parse().unwrap_or_default();
    rest.extend(tests);
    rest
}
