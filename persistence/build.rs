//! Says that the migrations are part of the code: they are embedded by a macro, which cargo does not see.

#![expect(clippy::print_stdout, reason = "cargo reads a build script's output")]

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
