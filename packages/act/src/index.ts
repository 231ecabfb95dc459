/** The act wing: responses and protections, every one of them on the ladder observe → audit → enforce. */
export {};
