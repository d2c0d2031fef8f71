import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Warm greys and one accent, as Mantine wants them; what shows is decided by `tokens.css`. */
const ink: MantineColorsTuple = [
  "#fafaf9",
  "#f5f5f4",
  "#e9e8e6",
  "#d9d7d4",
  "#b3b0ab",
  "#716e68",
  "#67645f",
  "#4a4844",
  "#2c2b29",
  "#1a1918",
];
const iris: MantineColorsTuple = [
  "#f2f1fe",
  "#e4e1fd",
  "#c7c1fb",
  "#a89ff7",
  "#8d81f2",
  "#6a5be6",
  "#5d4fe0",
  "#4d40c4",
  "#3f36a0",
  "#332d80",
];
const night: MantineColorsTuple = [
  "#ededec",
  "#c9c8c5",
  "#a3a19d",
  "#8b8883",
  "#5a5854",
  "#45433f",
  "#2b2a28",
  "#1a1918",
  "#161514",
  "#0f0f0e",
];

const red: MantineColorsTuple = [
  "#fdeaea",
  "#fbd5d5",
  "#f5b0b1",
  "#f0787a",
  "#e05a5d",
  "#d04649",
  "#c4373a",
  "#a92e31",
  "#8a2528",
  "#6b1c1f",
];

export const theme = createTheme({
  colors: { ink, iris, red, gray: ink, dark: night },
  primaryColor: "iris",
  primaryShade: { light: 6, dark: 5 },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: "12px", sm: "12.5px", md: "13px", lg: "15px", xl: "18px" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.5", lg: "1.45", xl: "1.35" },
  spacing: { xs: "6px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "10px", xl: "14px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "18px" }, h2: { fontSize: "15px" }, h3: { fontSize: "13px" } },
  },
  components: {
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs", allowDeselect: false } },
    MultiSelect: { defaultProps: { size: "xs" } },
    TagsInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs", radius: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: false } },
    Modal: { defaultProps: { radius: "xl", centered: true } },
    // Without it the first item has the focus, and nothing that is no item stands in the menu.
    Menu: { defaultProps: { radius: "md", shadow: "md", withInitialFocusPlaceholder: false } },
  },
});
