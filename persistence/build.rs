//! Says that the migrations are part of the code: they are embedded by a macro, which cargo does
//! not see.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
