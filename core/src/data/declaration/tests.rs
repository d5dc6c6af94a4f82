use super::*;

#[test]
fn a_new_declaration_replaces_the_old_one_in_place() {
    let mut globals = Globals::default();
    globals.extend(["b", "a"].map(|name| Global::new(name, Type::COUNT)));
    globals.insert(Global::new("b", Type::STRING));
    let listed: Vec<_> = globals.iter().map(|g| (g.name.to_string(), g.ty.clone())).collect();
    assert_eq!(listed, [("b".to_owned(), Type::STRING), ("a".to_owned(), Type::COUNT)]);
    assert_eq!(globals.get("a").map(|g| g.ty.clone()), Some(Type::COUNT));
    assert!(globals.get("c").is_none() && !globals.contains("c"));
}
