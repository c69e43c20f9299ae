//! The PostgreSQL server that is measured: the first of the URL.

/// Its URL, as both libpq and the `postgres` crate read it: the latter has another name for one of
/// the settings, and the system's own will do.
pub(crate) fn of(urls: &[String]) -> String {
    let url = urls.first().map(String::as_str).unwrap_or_default();
    let Some((url, settings)) = url.split_once('?') else { return url.to_owned() };
    let known = settings.split('&').filter(|setting| !setting.starts_with("keepalives_count="));
    format!("{url}?{}", known.collect::<Vec<_>>().join("&"))
}
