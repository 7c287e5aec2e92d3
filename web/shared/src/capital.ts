/**
 * A text that stands alone, with the capital that begins a sentence. What begins with a name of the server's or of
 * somebody ("endpointARN is missing", "agent2 …") keeps it as it is.
 */
export const capital = (text: string): string =>
  text.replace(
    /^\p{Ll}+(?=[,.:;]?(\s|$))/u,
    (word) => word.charAt(0).toUpperCase() + word.slice(1),
  );
