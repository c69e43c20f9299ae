//! `#[both] fn name(app: TestApp) { … }`: the test runs on SQLite and on PostgreSQL, as
//! `name::sqlite` and `name::postgres`. One that starts no service in its own process takes a
//! `Backend` in place of the `TestApp`.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// Makes two tests of a function that takes a `TestApp` or a `Backend`. Other attributes of the
/// function, such as `#[ignore]`, stand below this one and go to the tests.
#[proc_macro_attribute]
pub fn both(_: TokenStream, function: TokenStream) -> TokenStream {
    let (mut attributes, mut rest, mut name) = (TokenStream::new(), TokenStream::new(), None);
    let mut takes_backend = false;
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
            (TokenTree::Group(parameters), Some(_)) if parameters.delimiter() == Delimiter::Parenthesis => {
                takes_backend |= parameters.to_string().ends_with("Backend)");
                rest.extend([token]);
            }
            _ => rest.extend([token]),
        }
    }
    let name = name.unwrap_or_default();
    let given = |backend: &str| match takes_backend {
        true => format!("crate::harness::Backend::{backend}"),
        false => format!("crate::harness::TestApp::start(crate::harness::Backend::{backend})"),
    };
    let (sqlite, postgres) = (given("Sqlite"), given("Postgres"));
    let tests = format!(
        "mod {name} {{ \
             {attributes} #[test] fn sqlite() {{ super::{name}({sqlite}); }} \
             {attributes} #[test] fn postgres() {{ super::{name}({postgres}); }} \
         }}"
    );
    let tests: TokenStream = tests.parse().unwrap_or_default();
    rest.extend(tests);
    rest
}
