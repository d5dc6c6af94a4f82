//! Sets the name of the shared library to which programs are linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |key| std::env::var(key).unwrap_or_default();
    match (target("CARGO_CFG_TARGET_VENDOR").as_str(), target("CARGO_CFG_TARGET_FAMILY").as_str()) {
        ("apple", _) => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libbroccoli.5.dylib");
        }
        (_, "unix") => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libbroccoli.so.5"),
        _ => {}
    }
}
