//! Generates the clients from the committed documents.

use std::error::Error;
use std::{env, fs, path::Path};

const DOCUMENTS: [(&str, &str); 2] = [
    ("../../../openapi/openapi-3.0.json", "client.rs"),
    ("../../../openapi/openapi-admin-3.0.json", "admin_client.rs"),
];

fn main() -> Result<(), Box<dyn Error>> {
    for (document, client) in DOCUMENTS {
        println!("cargo:rerun-if-changed={document}");
        let document: openapiv3::OpenAPI = serde_json::from_str(&fs::read_to_string(document)?)?;
        let mut settings = progenitor::GenerationSettings::new();
        settings.with_interface(progenitor::InterfaceStyle::Builder);
        let tokens = progenitor::Generator::new(&settings).generate_tokens(&document)?;
        let code = prettyplease::unparse(&syn::parse2(tokens)?);
        fs::write(Path::new(&env::var("OUT_DIR")?).join(client), code)?;
    }
    Ok(())
}
